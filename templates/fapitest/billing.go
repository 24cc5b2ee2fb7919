package fapitest

// Billing is read only: everybody is on the free plan and has paid nothing. Checkouts answer zero values.

var billingRoutes = func() []route {
	routes := []route{
		{name: "GET /v1/billing/plans", mode: bare, handle: func(c *call) (any, *apiError) { return c.page(listOf(plansFor(c), planJSON)), nil }},
		{name: "GET /v1/billing/plans/{plan}", mode: bare, handle: getPlan},
	}
	empty := func(c *call) (any, *apiError) { return c.page([]any{}), nil }
	for _, payer := range []struct {
		root string
		wrap func(func(*call, *organization) (any, *apiError)) func(*call) (any, *apiError)
	}{
		{"/v1/me/billing", func(h func(*call, *organization) (any, *apiError)) func(*call) (any, *apiError) {
			return func(c *call) (any, *apiError) { return h(c, nil) }
		}},
		{"/v1/organizations/{org}/billing", func(h func(*call, *organization) (any, *apiError)) func(*call) (any, *apiError) {
			return inOrganization(readBilling, h)
		}},
	} {
		add := func(path string, h func(*call, *organization) (any, *apiError)) {
			routes = append(routes, route{name: "GET " + payer.root + path, access: byUser, handle: payer.wrap(h)})
		}
		add("/subscription", func(c *call, o *organization) (any, *apiError) { return c.subscription(o), nil })
		add("/subscription_items", func(c *call, o *organization) (any, *apiError) { return c.page([]any{c.subscriptionItem(o)}), nil })
		for _, path := range []string{"/payment_methods", "/payment_attempts", "/statements"} {
			add(path, func(c *call, _ *organization) (any, *apiError) { return empty(c) })
		}
	}
	return routes
}()

// plan is what can be subscribed to.
type plan struct{ id, name, slug, payer string }

var plans = []plan{
	{"cplan_2fapitestfreeuser", "Free", "free_user", "user"},
	{"cplan_2fapitestfreeorg", "Free", "free_org", "org"},
}

func plansFor(c *call) []plan {
	var list []plan
	for _, p := range plans {
		if want := c.query.Get("payer_type"); want == "" || want == p.payer {
			list = append(list, p)
		}
	}
	return list
}

func money() object {
	return object{"amount": 0, "amount_formatted": "0.00", "currency": "USD", "currency_symbol": "$"}
}

func planJSON(p plan) object {
	return object{"object": "commerce_plan", "id": p.id, "name": p.name, "fee": money(), "annual_monthly_fee": nil, "annual_fee": nil, "description": nil,
		"product_id": "cprod_2fapitest", "is_default": true, "is_recurring": true, "publicly_visible": true, "has_base_fee": false, "for_payer_type": p.payer,
		"slug": p.slug, "avatar_url": nil, "free_trial_enabled": false, "free_trial_days": nil, "features": []any{}}
}

func getPlan(c *call) (any, *apiError) {
	for _, p := range plans {
		if c.args["plan"] == p.id || c.args["plan"] == p.slug {
			return planJSON(p), nil
		}
	}
	return nil, fail("plan_not_found", "The plan was not found.")
}

// payer is who pays: an organization, or the user when that is nil.
func (c *call) payer(o *organization) (id string, since int64, p plan) {
	if o != nil {
		return "cpayer_" + o.id, o.created, plans[1]
	}
	return "cpayer_" + c.user().id, c.user().created, plans[0]
}

func (c *call) subscription(o *organization) object {
	id, since, _ := c.payer(o)
	return object{"object": "commerce_subscription", "id": "csub_" + id, "instance_id": "ins_2fapitest", "status": "active", "payer_id": id,
		"created_at": since, "updated_at": since, "active_at": since, "past_due_at": nil, "subscription_items": []any{c.subscriptionItem(o)},
		"next_payment": nil, "eligible_for_free_trial": false}
}

func (c *call) subscriptionItem(o *organization) object {
	id, since, p := c.payer(o)
	return object{"object": "commerce_subscription_item", "id": "csub_item_" + id, "instance_id": "ins_2fapitest", "status": "active", "plan_id": p.id,
		"plan": planJSON(p), "plan_period": "month", "payer_id": id, "is_free_trial": false, "period_start": since, "period_end": nil, "canceled_at": nil,
		"past_due_at": nil, "ended_at": nil, "amount": money()}
}
