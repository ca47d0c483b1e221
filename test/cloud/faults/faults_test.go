package faults

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"
)

func TestServe(t *testing.T) {
	refused := Fail(http.StatusTeapot, "Teapot", "short and stout")
	tests := map[string]struct {
		fault Fault
		// want is what happens, in order.
		want []string
		cut  bool
	}{
		"nothing":                {Fault{}, []string{"do", "answer"}, false},
		"a refusal":              {refused, []string{"refuse Teapot: short and stout"}, false},
		"a refusal, though done": {refused.ThoughDone(), []string{"do", "refuse Teapot: short and stout"}, false},
		"cut before":             {CutBefore(), nil, true},
		"cut after":              {CutAfter(), []string{"do"}, true},
		"stale":                  {Stale(), []string{"do", "answer"}, false},
		"late":                   {Delay(time.Nanosecond), []string{"do", "answer"}, false},
		"a late refusal":         {refused.After(time.Nanosecond), []string{"refuse Teapot: short and stout"}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			happened, cut := serve(t.Context(), test.fault)
			if !slices.Equal(happened, test.want) || cut != test.cut {
				t.Errorf("%v, cut %t; want %v, cut %t", happened, cut, test.want, test.cut)
			}
			if test.fault.IsStale() != (name == "stale") {
				t.Errorf("it is stale: %t", test.fault.IsStale())
			}
		})
	}
	closed, end := context.WithCancel(t.Context())
	end()
	if happened, cut := serve(closed, Delay(time.Hour)); len(happened) > 0 || !cut {
		t.Errorf("after the double closed: %v, cut %t", happened, cut)
	}
}

// serve returns what happened, and whether the connection was cut: a ResponseRecorder
// cannot be taken over, so the handler is aborted.
func serve(closing context.Context, f Fault) (happened []string, cut bool) {
	defer func() { cut = recover() != nil }()
	note := func(what string) func() { return func() { happened = append(happened, what) } }
	f.Serve(httptest.NewRecorder(), closing, note("do"), func(r Refusal) { note("refuse " + r.Error())() }, note("answer"))
	return happened, false
}

func TestOrders(t *testing.T) {
	var orders Orders[int]
	if got := orders.Decide(1); got != (Fault{}) {
		t.Errorf("without an order: %+v", got)
	}
	orders.Set(func(n int) Fault {
		if n > 1 {
			return CutAfter()
		}
		return Fault{}
	})
	if orders.Decide(1) != (Fault{}) || orders.Decide(2) != CutAfter() {
		t.Error("the order is not followed")
	}
	orders.Set(nil)
	if orders.Decide(2) != (Fault{}) {
		t.Error("the order did not end")
	}
}
