package fapitest

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// MessageKind is what a Message is about, and how it travels.
type MessageKind string

// The kinds of messages.
const (
	MessageEmailCode    MessageKind = "email_code"
	MessageEmailLink    MessageKind = "email_link"
	MessageSMSCode      MessageKind = "sms_code"
	MessageWhatsAppCode MessageKind = "whatsapp_code"
	MessageInvitation   MessageKind = "invitation" // an email that invites to an organization
)

// Message is what the real API sends by email, SMS or WhatsApp. This server keeps it for the test.
type Message struct {
	Number int         `json:"number"` // 1 is the server's first
	Kind   MessageKind `json:"kind"`
	To     string      `json:"to"`               // an email address or a phone number
	Code   string      `json:"code,omitempty"`   // TestCode; "" in messages with a link
	URL    string      `json:"url,omitempty"`    // the link, for a browser to open; "" in messages with a code
	Ticket string      `json:"ticket,omitempty"` // of an invitation, for the strategy ticket
	Time   time.Time   `json:"time"`             // by the server's clock
}

// maxMessages bounds the outbox of a server that runs for long.
const maxMessages = 10_000

// outbox holds what was sent, in order.
type outbox struct {
	mu     sync.Mutex
	list   []Message
	sent   int
	closed bool
	more   chan struct{} // closed when there is a message more, or no server; nil when nobody waits
}

// Outbox is what was sent so far, in this order, the last 5,000 messages at least. With arguments only what went to these
// addresses. It shows codes and links, which Requests hides.
func (s *Server) Outbox(to ...string) []Message {
	s.outbox.mu.Lock()
	defer s.outbox.mu.Unlock()
	var list []Message
	for _, m := range s.outbox.list {
		if len(to) == 0 || slices.Contains(to, m.To) {
			list = append(list, m)
		}
	}
	return list
}

// NextMessage is the first message whose number is greater than after; 0 asks for the oldest. It waits for one until the
// context is done, whose error it returns, or the server closed: http.ErrServerClosed.
func (s *Server) NextMessage(ctx context.Context, after int) (Message, error) {
	for {
		m, wait, err := s.outbox.next(after)
		if wait == nil {
			return m, err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return Message{}, ctx.Err()
		}
	}
}

// next gives a message, or what to wait for.
func (o *outbox) next(after int) (Message, <-chan struct{}, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range o.list {
		if m.Number > after {
			return m, nil, nil
		}
	}
	if o.closed {
		return Message{}, nil, http.ErrServerClosed
	}
	if o.more == nil {
		o.more = make(chan struct{})
	}
	return Message{}, o.more, nil
}

func (o *outbox) wake() {
	if o.more != nil {
		close(o.more)
		o.more = nil
	}
}

func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.wake()
}

// deliver puts a message into the outbox. The server's lock is held.
func (s *Server) deliver(m Message) {
	m.Time = s.now().UTC().Round(0)
	o := &s.outbox
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.list) == maxMessages {
		o.list = slices.Delete(o.list, 0, maxMessages/2)
	}
	o.sent++
	m.Number = o.sent
	o.list = append(o.list, m)
	o.wake()
}

// sendCode starts a verification by a code, which goes to an address.
func (s *Server) sendCode(to, strategy, channel string) *verification {
	v := &verification{object: "verification_otp", status: "unverified", strategy: strategy, expires: s.millis() + codeLife}
	kind := MessageEmailCode
	if strings.HasSuffix(strategy, "phone_code") {
		v.channel, kind = firstText(channel, "sms"), MessageSMSCode
	}
	if v.channel == "whatsapp" {
		kind = MessageWhatsAppCode
	}
	s.deliver(Message{Kind: kind, To: to, Code: TestCode})
	return v
}

// sendFactor is sendCode to the address of a factor: the one of this id, else the primary or the default one.
func (c *call) sendFactor(known []*identifier, factors []any, strategy, id string) *verification {
	to := ""
	for _, f := range factors {
		o := f.(object)
		for _, member := range []string{"email_address_id", "phone_number_id"} {
			its, _ := o[member].(string)
			i := identifierOf(known, its)
			if i == nil || o["strategy"] != strategy {
				continue
			}
			if its == id || id == "" && (to == "" || o["primary"] == true || o["default"] == true) {
				to = i.value
			}
		}
	}
	return c.sendCode(to, strategy, c.arg("channel"))
}

// EmailLink is the link that was sent to an email address last, "" for none. Opening it verifies the attempt.
func (s *Server) EmailLink(address string) string {
	for _, m := range slices.Backward(s.Outbox(address)) {
		if m.Kind == MessageEmailLink {
			return m.URL
		}
	}
	return ""
}
