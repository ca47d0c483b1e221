package kfam

import (
	"net/http"
	"testing"
)

// TestAttackAPageOfAnotherSiteActsForItsVisitor has a browser send what any site can have it
// send with the visitor's cookies, for which the gateway adds the visitor's name.
func TestAttackAPageOfAnotherSiteActsForItsVisitor(t *testing.T) {
	requests := map[string]struct {
		method, path, body string
		refused            int
	}{
		"share":    {http.MethodPost, "/kfam/v1/bindings", bensBinding, http.StatusForbidden},
		"revoke":   {http.MethodDelete, "/kfam/v1/bindings", bensBinding, http.StatusForbidden},
		"register": {http.MethodPost, "/kfam/v1/profiles", annsProfile, http.StatusForbidden},
		"delete":   {http.MethodDelete, "/kfam/v1/profiles/ann", "", http.StatusUnauthorized},
	}
	for name, r := range requests {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			for _, headers := range [][]string{
				{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"},
				{"Origin", "https://evil.example"}, {"Origin", "null"},
				{"Sec-Fetch-Site", "cross-site", "Origin", "http://example.com", "Content-Type", "text/plain"},
			} {
				if answer := h.call("ann@example.com", r.method, r.path, r.body, headers...); answer.Code != r.refused {
					t.Errorf("with %s: %d %s", headers, answer.Code, answer.Body)
				}
			}
			if len(h.cluster.created) > 0 || len(h.records) > 0 {
				t.Errorf("something was done: %v", h.records)
			}
			for _, headers := range [][]string{nil, {"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "none"}, {"Origin", "https://example.com"}} {
				if answer := h.call("ann@example.com", r.method, r.path, r.body, headers...); answer.Code != http.StatusOK {
					t.Errorf("with %s, which is welcome: %d %s", headers, answer.Code, answer.Body)
				}
				h.Registrar.Rules.ProfilesPerUser++
			}
		})
	}
}
