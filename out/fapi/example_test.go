package fapi_test

// The examples run against the fake API of fapitest, in memory. With a real instance the key is the instance's own, and
// WithProxyURL is left out.

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/fapigen/fapigen/out/fapi"
	"github.com/fapigen/fapigen/out/fapitest"
)

const (
	exampleAddress  = "ada+clerk_test@example.com"
	examplePassword = "correct horse"
)

// exampleServer has one user, who is a member of one organization.
func exampleServer() *fapitest.Server {
	admin := fapitest.Member{User: exampleAddress, Role: "org:admin"}
	srv, err := fapitest.New(
		fapitest.WithUser(fapitest.User{FirstName: "Ada", Emails: []string{exampleAddress}, Password: examplePassword}),
		fapitest.WithOrganization(fapitest.Organization{Name: "Acme", Members: []fapitest.Member{admin}}),
	)
	if err != nil {
		log.Fatal(err)
	}
	return srv
}

// exampleClerk has signed in.
func exampleClerk(ctx context.Context, srv *fapitest.Server) *fapi.Clerk {
	clerk, err := fapi.New(srv.PublishableKey(), fapi.WithProxyURL(srv.ProxyURL()))
	if err != nil {
		log.Fatal(err)
	}
	if err := clerk.Load(ctx); err != nil {
		log.Fatal(err)
	}
	_, err = clerk.SignIns.Create(ctx, fapi.SignInCreateParams{Identifier: fapi.Ptr(exampleAddress), Password: fapi.Ptr(examplePassword)})
	if err != nil {
		log.Fatal(err)
	}
	return clerk
}

func Example() {
	ctx := context.Background()
	srv := exampleServer()
	defer srv.Close()

	clerk, err := fapi.New(srv.PublishableKey(), fapi.WithProxyURL(srv.ProxyURL()))
	if err != nil {
		log.Fatal(err)
	}
	defer clerk.Close()
	if err := clerk.Load(ctx); err != nil {
		log.Fatal(err)
	}
	signIn, err := clerk.SignIns.Create(ctx, fapi.SignInCreateParams{
		Identifier: fapi.Ptr(exampleAddress), Password: fapi.Ptr(examplePassword)})
	if err != nil {
		log.Fatal(err)
	}
	if signIn.Status != fapi.SignInStatusComplete {
		log.Fatalf("the sign-in is not complete: %s", signIn.Status)
	}
	if err := clerk.SetActive(ctx, fapi.Activation{SessionID: fapi.Value(signIn.CreatedSessionID)}); err != nil {
		log.Fatal(err)
	}
	fmt.Println("signed in as", fapi.Value(clerk.State().User.FirstName))
	// Output: signed in as Ada
}

// A code by email instead of a password.
func Example_emailCode() {
	ctx := context.Background()
	srv := exampleServer()
	defer srv.Close()
	clerk, err := fapi.New(srv.PublishableKey(), fapi.WithProxyURL(srv.ProxyURL()))
	if err != nil {
		log.Fatal(err)
	}

	signIn, err := clerk.SignIns.Create(ctx, fapi.SignInCreateParams{Identifier: fapi.Ptr(exampleAddress)})
	if err != nil {
		log.Fatal(err)
	}
	for _, factor := range signIn.SupportedFirstFactors {
		if factor.Strategy != "email_code" {
			continue
		}
		_, err := clerk.SignIns.PrepareFirstFactor(ctx, signIn.ID, fapi.SignInPrepareFirstFactorParams{
			Strategy: "email_code", EmailAddressID: factor.EmailAddressID})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("a code was sent")
	}
	code := fapitest.TestCode // the user types it
	signIn, err = clerk.SignIns.AttemptFirstFactor(ctx, signIn.ID, fapi.SignInAttemptFirstFactorParams{
		Strategy: "email_code", Code: fapi.Ptr(code)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(signIn.Status)
	// Output:
	// a code was sent
	// complete
}

func ExampleClerk_Token() {
	ctx := context.Background()
	srv := exampleServer()
	defer srv.Close()
	clerk := exampleClerk(ctx, srv)

	token, err := clerk.Token(ctx) // from the cache, as long as it is good
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("a JWT of", strings.Count(token, ".")+1, "parts")
	// Output: a JWT of 3 parts
}

func ExampleClerk_SetActive() {
	ctx := context.Background()
	srv := exampleServer()
	defer srv.Close()
	clerk := exampleClerk(ctx, srv)

	if err := clerk.SetActive(ctx, fapi.Activation{Organization: fapi.OrganizationID("acme")}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(clerk.State().Organization.Name)
	if err := clerk.SetActive(ctx, fapi.Activation{Organization: fapi.PersonalAccount}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(clerk.State().Organization == nil)
	// Output:
	// Acme
	// true
}

func ExampleClerk_AddListener() {
	ctx := context.Background()
	srv := exampleServer()
	defer srv.Close()
	clerk := exampleClerk(ctx, srv)

	signedIn := true
	remove := clerk.AddListener(func(s fapi.State) {
		if now := s.Session != nil; now != signedIn {
			signedIn = now
			fmt.Println("signed in:", now)
		}
	})
	defer remove()
	if err := clerk.SignOut(ctx); err != nil {
		log.Fatal(err)
	}
	// Output: signed in: false
}

func ExampleHasCode() {
	ctx := context.Background()
	srv := exampleServer()
	defer srv.Close()
	clerk, err := fapi.New(srv.PublishableKey(), fapi.WithProxyURL(srv.ProxyURL()))
	if err != nil {
		log.Fatal(err)
	}

	_, err = clerk.SignIns.Create(ctx, fapi.SignInCreateParams{Identifier: fapi.Ptr(exampleAddress), Password: fapi.Ptr("guessed")})
	var failure *fapi.APIError
	switch {
	case fapi.HasCode(err, fapi.CodeFormPasswordIncorrect):
		fmt.Println("wrong password")
	case errors.As(err, &failure) && failure.RetryAfter > 0:
		fmt.Println("try again in", failure.RetryAfter)
	case err != nil:
		log.Fatal(err)
	}
	// Output: wrong password
}
