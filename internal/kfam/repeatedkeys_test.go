package kfam

import (
	"net/http"
	"testing"
)

func TestRepeatedKeys(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1,"a":2}`:                               "a",
		`{"a":1,"A":2}`:                               "A",
		`{"us":1,"u\u017f":2}`:                        "u\u017f", // The decoder takes a long s for an s.
		`{"k":1,"\u212a":2}`:                          "\u212a",
		`{"a":1,"\u0061":2}`:                          "a",
		`{"a":{"b":1,"c":[{"d":1},{"d":2,"d":3}]}}`:   "d",
		`{"a":[],"b":{},"a":null}`:                    "a",
		`[{"a":1},{"a":1,"x":[1,"y"],"x":{}}]`:        "x",
		`{"a":"a","b":"a","c":["a","a"],"d":{"a":1}}`: "",
		`{"a":{"a":{"a":1}}}`:                         "",
		`[[],{},[{}],"a","a"]`:                        "",
		`"a"`:                                         "",
		`{"":1,"":2`:                                  "",
		`{"a":1,`:                                     "",
		``:                                            "",
	} {
		if got := repeatedKey([]byte(text)); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

// TestAttackFieldsThatComeTwice sends what a proxy in front may read otherwise.
func TestAttackFieldsThatComeTwice(t *testing.T) {
	h := newHouse(t)
	for _, attack := range []struct{ path, body string }{
		{"bindings", `{"user":{"kind":"User","name":"ben@example.com"},"user":{"kind":"User","name":"mallory"},"referredNamespace":"ann","RoleRef":{"name":"edit"}}`},
		{"bindings", `{"user":{"kind":"User","name":"ben@example.com"},"User":{"name":"mallory"},"referredNamespace":"ann","RoleRef":{"name":"edit"}}`},
		{"bindings", `{"user":{"kind":"User","name":"ben@example.com"},"referredNamespace":"ann","RoleRef":{"name":"view"},"roleRef":{"name":"admin"}}`},
		{"bindings", `{"user":{"kind":"User","name":"ben@example.com"},"referredNamespace":"ann","RoleRef":{"name":"view","NAME":"admin"}}`},
		{"bindings", bensBinding + "//"}, {"bindings", bensBinding + bensBinding}, {"bindings", bensBinding + "]"},
		{"profiles", `{"metadata":{"name":"ann-2"},"spec":{"owner":{"kind":"User","name":"ann@example.com"}},"spec":{"owner":{"kind":"User","name":"ann@example.com"}}}`},
		{"profiles", annsProfile + `{}`},
	} {
		if answer := h.call("ann@example.com", http.MethodPost, "/kfam/v1/"+attack.path, attack.body); answer.Code != http.StatusBadRequest {
			t.Errorf("%s is answered with %d %s", attack.body, answer.Code, answer.Body)
		}
	}
	if len(h.cluster.created) > 0 {
		t.Errorf("created were %v", h.cluster.created)
	}
}
