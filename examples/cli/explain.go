package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/fapigen/fapigen/out/fapi"
)

// advice is what to tell the user about an error code, instead of the server's own words.
var advice = map[fapi.ErrorCode]string{
	fapi.CodeFormIdentifierNotFound:             "no account has this address, number or name",
	fapi.CodeFormPasswordIncorrect:              "the password is wrong",
	fapi.CodeFormCodeIncorrect:                  "the code is wrong",
	fapi.CodeVerificationExpired:                "the code has expired: ask for another one",
	fapi.CodeVerificationFailed:                 "too many wrong codes: sign in anew",
	fapi.CodeUserLocked:                         "the account is locked for a while, after too many attempts",
	fapi.CodeUserBanned:                         "the account has been banned",
	fapi.CodeOrganizationNotFoundOrUnauthorized: "you are not a member of this organization: `acme orgs` lists yours",
}

// explain is an error on one line: what happened, and what the user can do.
func explain(err error) string {
	return strings.ReplaceAll(explanation(err), "\n", "; ")
}

func explanation(err error) string {
	var (
		key     *fapi.KeyError
		host    *fapi.HostError
		failure *fapi.APIError
		network *fapi.NetworkError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.As(err, &key):
		return err.Error() + ": see CLERK_PUBLISHABLE_KEY or --key"
	case errors.As(err, &host):
		return err.Error() + ": see CLERK_PROXY_URL or --proxy"
	case errors.Is(err, fapi.ErrNativeAPIDisabled):
		return fapi.ErrNativeAPIDisabled.Error()
	case errors.Is(err, fapi.ErrCaptchaRequired):
		return "the server asks for a captcha, which a terminal cannot show: sign in on the web page"
	case errors.Is(err, fapi.ErrUnknownOrganization):
		return advice[fapi.CodeOrganizationNotFoundOrUnauthorized]
	case errors.Is(err, fapi.ErrNoSession), errors.Is(err, fapi.ErrUnauthenticated):
		return "not signed in: run `acme login`"
	case errors.As(err, &network):
		return "no answer from the server, are you online? (" + network.Error() + ")"
	case errors.As(err, &failure):
		return answered(failure)
	}
	return err.Error()
}

// answered is what the server said: our own words for what users meet often, else its own.
func answered(e *fapi.APIError) string {
	if errors.Is(e, fapi.ErrRateLimited) {
		return "too many attempts, try again in " + max(e.RetryAfter, time.Second).Round(time.Second).String()
	}
	for _, d := range e.Errors {
		if text := advice[d.Code]; text != "" {
			return text
		}
	}
	if len(e.Errors) > 0 && e.Errors[0].LongMessage != "" {
		return e.Errors[0].LongMessage + " (" + string(e.Errors[0].Code) + ")"
	}
	return e.Error()
}
