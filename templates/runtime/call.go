package fapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// The functions below are what generated methods call, one per kind of result. Each makes one call and turns its response
// into the result. A response without a body, or with a null one, is a *DecodeError that wraps ErrNoValue, but for two: a
// 204 of an operation that declares it gives nil, and where the response is the client, none is a client without sessions.

// callEnveloped returns the `response` of an envelope.
func callEnveloped[T any](ctx context.Context, c *core, r *request, opts []RequestOption) (*T, error) {
	return callValue[T](ctx, c, r, opts, true)
}

// callEnvelopedList returns the array in the `response` of an envelope.
func callEnvelopedList[T any](ctx context.Context, c *core, r *request, opts []RequestOption) ([]T, error) {
	list, err := callValue[[]T](ctx, c, r, opts, true)
	return Value(list), err
}

// callEnvelopedPage returns the page or array in the `response` of an envelope.
func callEnvelopedPage[T any](ctx context.Context, c *core, r *request, opts []RequestOption) (*Page[T], error) {
	return callPage[T](ctx, c, r, opts, true)
}

// callBare returns the body.
func callBare[T any](ctx context.Context, c *core, r *request, opts []RequestOption) (*T, error) {
	return callValue[T](ctx, c, r, opts, false)
}

// callBareList returns the array that is the body.
func callBareList[T any](ctx context.Context, c *core, r *request, opts []RequestOption) ([]T, error) {
	list, err := callValue[[]T](ctx, c, r, opts, false)
	return Value(list), err
}

// callBarePage returns the page or array that is the body.
func callBarePage[T any](ctx context.Context, c *core, r *request, opts []RequestOption) (*Page[T], error) {
	return callPage[T](ctx, c, r, opts, false)
}

// callEmpty is for answers whose body says nothing.
func callEmpty(ctx context.Context, c *core, r *request, opts []RequestOption) error {
	_, err := c.succeed(ctx, r, opts)
	return err
}

// callRaw returns the body as it is: HTML, XML.
func callRaw(ctx context.Context, c *core, r *request, opts []RequestOption) ([]byte, error) {
	a, err := c.succeed(ctx, r, opts)
	if err != nil {
		return nil, err
	}
	return a.body, nil
}

// callRedirect returns where the answer redirects to, as an absolute URL, without going there; "" when it succeeds
// without redirecting. A browser does not show redirects to programs: there it is ErrUnsupported, and nothing is sent.
func callRedirect(ctx context.Context, c *core, r *request, opts []RequestOption) (string, error) {
	if redirectsHidden {
		return "", fmt.Errorf("%s: redirect: %w", r.operation(), ErrUnsupported)
	}
	a, err := c.do(ctx, r, opts)
	if err != nil {
		return "", err
	}
	location := a.header.Get("Location")
	switch {
	case a.succeeded():
		return "", nil
	case a.status < http.StatusBadRequest && location != "":
		if target, err := a.url.Parse(location); err == nil {
			return target.String(), nil
		}
	}
	return "", a.failure(r.operation())
}

func callValue[T any](ctx context.Context, c *core, r *request, opts []RequestOption, enveloped bool) (*T, error) {
	raw, path, err := c.value(ctx, r, opts, enveloped)
	if err != nil {
		return nil, err
	}
	v, ok := decodeValue[T](raw)
	switch {
	case !ok:
		return nil, &DecodeError{Operation: r.operation(), Path: path, Raw: raw}
	case v == nil && r.isClient:
		return new(T), nil
	}
	c.findMismatches(raw, reflect.TypeFor[*T](), path, r.operation())
	return v, nil
}

func callPage[T any](ctx context.Context, c *core, r *request, opts []RequestOption, enveloped bool) (*Page[T], error) {
	raw, path, err := c.value(ctx, r, opts, enveloped)
	if err != nil {
		return nil, err
	}
	page, ok := decodeValue[Page[T]](raw)
	if !ok || page != nil && !isContainer(raw) { // Page itself takes anything without complaint
		return nil, &DecodeError{Operation: r.operation(), Path: path, Raw: raw}
	}
	c.findMismatches(raw, reflect.TypeFor[*Page[T]](), path, r.operation(), r.besides...)
	return page, nil
}

// findMismatches tells WithOnMismatch how the value at path differs from its type. Members of it that are named in
// besides are known, although the type does not have them.
func (c *core) findMismatches(raw []byte, t reflect.Type, path, operation string, besides ...string) {
	if c.onMismatch == nil || len(raw) == 0 {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			c.logger.Error("fapi: the function of WithOnMismatch panicked", slog.String("panic", panicText(p)))
		}
	}()
	pointer := strings.ReplaceAll(strings.TrimPrefix(path, "$"), ".", "/")
	findMismatches(raw, t, pointer, operation, func(m Mismatch) {
		if name, own := strings.CutPrefix(m.Pointer, pointer+"/"); !own || m.Kind != MismatchUnknownMember || !slices.Contains(besides, name) {
			c.onMismatch(m)
		}
	})
}

// value makes the call and returns the JSON of its value, unparsed, and the path where it stood. It is empty or null only
// where the operation allows that.
func (c *core) value(ctx context.Context, r *request, opts []RequestOption, enveloped bool) ([]byte, string, error) {
	a, err := c.succeed(ctx, r, opts)
	if err != nil {
		return nil, "", err
	}
	raw, path, err := a.value(enveloped)
	if err != nil {
		return nil, "", &DecodeError{Operation: r.operation(), Path: path, Raw: a.body}
	}
	isNone := len(raw) == 0 || isNull(raw)
	allowed := r.mayBeEmpty && a.status == http.StatusNoContent || r.isClient
	if isNone && !allowed {
		return nil, "", &DecodeError{Operation: r.operation(), Path: path, Raw: a.body, Err: ErrNoValue}
	}
	return raw, path, nil
}

// succeed makes the call and returns its answer if that is a success.
func (c *core) succeed(ctx context.Context, r *request, opts []RequestOption) (*answer, error) {
	a, err := c.do(ctx, r, opts)
	if err != nil {
		return nil, err
	}
	if !a.succeeded() {
		return nil, a.failure(r.operation())
	}
	return a, nil
}
