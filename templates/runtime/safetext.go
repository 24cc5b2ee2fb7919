package fapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"runtime"
	"syscall"
	"time"
)

// Errors from outside, those of a transport, a store, a hook or a listener, may quote anything: a URL, a header, a form. Their
// text is neither printed nor logged. What is said of them is one of the sentences below; the error itself is there for
// errors.As.

// ownText is the text of an error that this package made, in which nothing comes from outside.
func ownText(err error) (string, bool) {
	var (
		api     *APIError
		network *NetworkError
		decode  *DecodeError
		detail  *ErrorDetail
		host    *HostError
		key     *KeyError
	)
	switch {
	case errors.As(err, &network):
		return network.Error(), true
	case errors.As(err, &api):
		return api.Error(), true
	case errors.As(err, &decode):
		return decode.Error(), true
	case errors.As(err, &detail):
		return detail.Error(), true
	case errors.As(err, &host):
		return host.Error(), true
	case errors.As(err, &key):
		return key.Error(), true
	}
	for _, own := range []error{ErrClosed, ErrUnsupported, ErrConflict, ErrNotFound, ErrCorruptRecord, ErrDecrypt, errFaster, ErrNoSession, ErrNotLoaded, errUnusable, errNotToken, errWriterHangs} {
		if errors.Is(err, own) {
			return own.Error(), true
		}
	}
	return "", false
}

// safeText describes an error on one line, without a text that came from outside.
func safeText(err error) string {
	if err == nil {
		return "none"
	}
	if text, ok := ownText(err); ok {
		return text
	}
	return foreignText(err)
}

// foreignText describes an error of the system or of a library by its class.
func foreignText(err error) string {
	var (
		slow      *attemptTimeout
		dns       *net.DNSError
		cert      *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		number    syscall.Errno
		timeout   net.Error
		op        *net.OpError
	)
	switch {
	case errors.As(err, &slow):
		return slow.Error()
	case errors.Is(err, context.Canceled):
		return context.Canceled.Error()
	case errors.Is(err, errBodyTooLarge):
		return errBodyTooLarge.Error()
	case errors.Is(err, errSwitched):
		return errSwitched.Error()
	case errors.As(err, &dns) && dns.IsNotFound:
		return "the host is not known"
	case errors.As(err, &dns):
		return "the name of the host cannot be looked up"
	case errors.As(err, &cert), errors.As(err, &authority), errors.As(err, &name), errors.As(err, &invalid):
		return "the certificate of the server is not valid"
	case errors.As(err, &record), errors.As(err, &alert):
		return "the TLS handshake failed"
	case errors.As(err, &number):
		return number.Error()
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "the time is over"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "the connection ended early"
	case errors.Is(err, net.ErrClosed):
		return "the connection was closed"
	case errors.Is(err, fs.ErrPermission):
		return fs.ErrPermission.Error()
	case errors.Is(err, fs.ErrNotExist):
		return fs.ErrNotExist.Error()
	case errors.As(err, &op) && op.Op == "dial":
		return "no connection"
	}
	return "an error of type " + fmt.Sprintf("%T", innermost(err))
}

// attemptTimeout is the end of an attempt that took longer than WithTimeout allows.
type attemptTimeout struct{ limit time.Duration }

func (e *attemptTimeout) Error() string { return "no response within " + e.limit.String() }
func (e *attemptTimeout) Unwrap() error { return context.DeadlineExceeded }

// innermost is the first error in the chain that wraps no other.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// panicText describes what a function from outside panicked with.
func panicText(p any) string {
	if e, ok := p.(runtime.Error); ok {
		return e.Error() // of the Go runtime, about indexes and types
	}
	return fmt.Sprintf("a value of type %T", p)
}
