package e2ekfam

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	plainText = "text/plain; charset=utf-8"
	jsonText  = "application/json"
)

// TestEveryCallAnswersToTheByte has the calls that installations depend on, in an order in
// which each can succeed. Clients look at the status and the body.
func TestEveryCallAnswersToTheByte(t *testing.T) {
	const owner, guest = "contract@example.com", "contract-guest@example.com"
	done := answer{http.StatusOK, "", ""}
	empty := answer{http.StatusOK, jsonText, `{"bindings":[]}`}
	register := profileOf("contract", owner)
	share := bindingOf(guest, "contract", "edit")
	calls := []struct {
		name, as, method, path, body string
		want                         answer
		// before, if any, waits for what the call needs.
		before func(*testing.T)
	}{
		{"base", "", http.MethodGet, "/kfam/", "", answer{http.StatusOK, plainText, "The access-management API of kfprofiles."}, nil},
		{"base without a slash", "", http.MethodGet, "/kfam", "", answer{http.StatusOK, plainText, "The access-management API of kfprofiles."}, nil},
		{"nothing is nothing, not null", owner, http.MethodGet, bindingsPath + "?user=" + owner, "", empty, nil},
		{"register, as the dashboard does", "", http.MethodPost, profilesPath, register, done, nil},
		{"register what there is", "", http.MethodPost, profilesPath, strings.Replace(register, owner, "another@example.com", 1),
			answer{http.StatusConflict, plainText, "A Profile named contract exists already. Choose another name."}, nil},
		{"the owner is an admin", owner, http.MethodGet, bindingsPath + "?namespace=contract", "", answer{http.StatusOK, jsonText, listOf(bindingOf(owner, "contract", "admin"))},
			func(t *testing.T) { lists(t, owner, "namespace=contract", bindingOf(owner, "contract", "admin")) }},
		{"share", owner, http.MethodPost, bindingsPath, share, done, nil},
		{"share what is shared", owner, http.MethodPost, bindingsPath, share, done, nil},
		{"share as somebody else", guest, http.MethodPost, bindingsPath, share,
			answer{http.StatusForbidden, plainText, `You do not manage the namespace "contract". Ask its owner, or one of its admins, to change who may use it.`},
			func(t *testing.T) { lists(t, guest, "user="+guest, share) }},
		{"share as nobody", "", http.MethodPost, bindingsPath, share,
			answer{http.StatusForbidden, plainText, "The request does not say who sends it. Sign in and try again."}, nil},
		{"list", guest, http.MethodGet, bindingsPath + "?user=" + guest, "", answer{http.StatusOK, jsonText, listOf(share)}, nil},
		{"list, as the dashboard does", "", http.MethodGet, bindingsPath + "?user=" + url.QueryEscape(guest), "", answer{http.StatusOK, jsonText, listOf(share)}, nil},
		{"revoke as somebody else", guest, http.MethodDelete, bindingsPath, share,
			answer{http.StatusForbidden, plainText, `You do not manage the namespace "contract". Ask its owner, or one of its admins, to change who may use it.`}, nil},
		{"revoke, with a body", owner, http.MethodDelete, bindingsPath, share, done, nil},
		{"revoke what is revoked", owner, http.MethodDelete, bindingsPath, share, done, nil},
		{"cluster admin", admin, http.MethodGet, clusterAdminPath + "?user=" + admin, "", answer{http.StatusOK, jsonText, "true"}, nil},
		{"no cluster admin", owner, http.MethodGet, clusterAdminPath + "?user=" + owner, "", answer{http.StatusOK, jsonText, "false"}, nil},
		{"cluster admin, as the dashboard asks", "", http.MethodGet, clusterAdminPath + "?user=" + owner, "", answer{http.StatusOK, jsonText, "false"}, nil},
		{"delete as somebody else", guest, http.MethodDelete, profilesPath + "/contract", "",
			answer{http.StatusUnauthorized, plainText, "Only the owner of the Profile and administrators can delete it. Ask one of them."}, nil},
		{"delete as nobody", "", http.MethodDelete, profilesPath + "/contract", "",
			answer{http.StatusUnauthorized, plainText, "The request does not say who sends it. Sign in and try again."}, nil},
		{"delete", owner, http.MethodDelete, profilesPath + "/contract", "", done, nil},
		{"delete what is not there", admin, http.MethodDelete, profilesPath + "/no-such", "",
			answer{http.StatusNotFound, plainText, `There is no Profile "no-such". Check its name.`}, nil},
	}
	for _, c := range calls {
		if c.before != nil {
			c.before(t)
		}
		if diff := cmp.Diff(c.want, call(t, c.as, c.method, c.path, c.body), cmp.AllowUnexported(answer{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestASlashAtTheEndMakesNoDifference goes the round with slashes.
func TestASlashAtTheEndMakesNoDifference(t *testing.T) {
	const owner, guest = "slash@example.com", "slash-guest@example.com"
	must(t, "", http.MethodPost, profilesPath+"/", profileOf("slash", owner), http.StatusOK, "")
	lists(t, owner, "namespace=slash", bindingOf(owner, "slash", "admin"))
	must(t, owner, http.MethodPost, bindingsPath+"/", bindingOf(guest, "slash", "view"), http.StatusOK, "")
	lists(t, guest, "user="+guest, bindingOf(guest, "slash", "view"))
	must(t, guest, http.MethodGet, bindingsPath+"/?user="+guest, "", http.StatusOK, listOf(bindingOf(guest, "slash", "view")))
	must(t, owner, http.MethodDelete, bindingsPath+"/", bindingOf(guest, "slash", "view"), http.StatusOK, "")
	must(t, owner, http.MethodGet, clusterAdminPath+"/?user="+owner, "", http.StatusOK, "false")
	must(t, owner, http.MethodDelete, profilesPath+"/slash/", "", http.StatusOK, "")
}

func TestProbesAndMetrics(t *testing.T) {
	for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
		got := call(t, "", http.MethodGet, path, "")
		if got.status != http.StatusOK || !strings.HasPrefix(got.contentType, "text/plain") {
			t.Errorf("%s answers %d %s", path, got.status, got.contentType)
		}
		if path == "/metrics" && !strings.Contains(got.body, "# TYPE go_goroutines gauge") {
			t.Errorf("%s is not Prometheus' text: %.200s", path, got.body)
		}
	}
}

// TestFiltersTogether has two rooms and asks for all that can be asked for.
func TestFiltersTogether(t *testing.T) {
	one, two := room(t, "filter-one"), room(t, "filter-two")
	const guest = "filter-guest@example.com"
	shared(t, "filter-one", guest, "edit")
	shared(t, "filter-one", guest, "view")
	shared(t, "filter-two", guest, "view")
	var (
		ownsOne, ownsTwo = bindingOf(one, "filter-one", "admin"), bindingOf(two, "filter-two", "admin")
		edits, views     = bindingOf(guest, "filter-one", "edit"), bindingOf(guest, "filter-one", "view")
		viewsTwo         = bindingOf(guest, "filter-two", "view")
	)
	for query, want := range map[string]string{
		"user=" + guest:                                     listOf(edits, views, viewsTwo),
		"user=" + guest + "&role=view":                      listOf(views, viewsTwo),
		"user=" + guest + "&role=admin":                     listOf(),
		"user=" + guest + "&namespace=filter-one":           listOf(edits, views),
		"user=" + guest + "&namespace=filter-one&role=view": listOf(views),
		"namespace=filter-one":                              listOf(edits, views, ownsOne),
		"namespace=filter-one&role=admin":                   listOf(ownsOne),
		"namespace=filter-two&role=view":                    listOf(viewsTwo),
		"namespace=filter-two&user=" + two:                  listOf(ownsTwo),
		"namespace=filter-two&user=" + one:                  listOf(),
		"namespace=no-such":                                 listOf(),
		"user=&namespace=filter-two&role=":                  listOf(viewsTwo, ownsTwo),
		"namespace=filter-two&unheard=of&unheard=too":       listOf(viewsTwo, ownsTwo),
	} {
		must(t, admin, http.MethodGet, bindingsPath+"?"+query, "", http.StatusOK, want)
		must(t, "", http.MethodGet, bindingsPath+"?"+query, "", http.StatusOK, want)
	}
	// Without a filter everybody gets what is theirs.
	must(t, guest, http.MethodGet, bindingsPath, "", http.StatusOK, listOf(edits, views, ownsOne, viewsTwo, ownsTwo))
	must(t, one, http.MethodGet, bindingsPath, "", http.StatusOK, listOf(edits, views, ownsOne))
	must(t, one, http.MethodGet, bindingsPath+"?user="+guest, "", http.StatusOK, listOf(edits, views))
	must(t, "filter-stranger@example.com", http.MethodGet, bindingsPath+"?user="+guest, "", http.StatusOK, listOf())
}

// TestWhatTheDashboardDoes is its sequence: it registers without naming anybody, polls for the
// owner's binding, shows who works there, shares, and takes back.
func TestWhatTheDashboardDoes(t *testing.T) {
	const ann, ben = "journey-ann@example.com", "journey-ben@example.com"
	must(t, "", http.MethodGet, clusterAdminPath+"?user="+ann, "", http.StatusOK, "false")
	must(t, "", http.MethodGet, bindingsPath+"?user="+ann, "", http.StatusOK, listOf())
	must(t, "", http.MethodPost, profilesPath, profileOf("journey", ann), http.StatusOK, "")
	lists(t, "", "user="+ann+"&role=admin", bindingOf(ann, "journey", "admin"))

	must(t, ann, http.MethodPost, bindingsPath, bindingOf(ben, "journey", "edit"), http.StatusOK, "")
	lists(t, "", "namespace=journey", bindingOf(ann, "journey", "admin"), bindingOf(ben, "journey", "edit"))
	mayWork(t, ben, "journey", true)
	p := onlyPair(t, "journey")
	if got := p.policy.Spec.Rules[0].When[0]; got.Key != "request.headers[kubeflow-userid]" || len(got.Values) != 1 || got.Values[0] != ben {
		t.Errorf("the mesh admits %v", got)
	}
	must(t, ann, http.MethodDelete, bindingsPath, bindingOf(ben, "journey", "edit"), http.StatusOK, "")
	lists(t, "", "user="+ben)
	mayWork(t, ben, "journey", false)
	if left := pairs(t, "journey"); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
	must(t, ann, http.MethodDelete, profilesPath+"/journey", "", http.StatusOK, "")
	soon(t, "the Profile is gone", func() bool { return profile(t, "journey") == nil })
	lists(t, "", "user="+ann)
}

// TestAdminsRegisterWholeProfiles, of any number, for anybody.
func TestAdminsRegisterWholeProfiles(t *testing.T) {
	const owner = "given@example.com"
	for _, name := range []string{"given-one", "given-two"} {
		body := profileWith(name, owner, `,"labels":{"team":"vision"}`, `,"resourceQuotaSpec":{"hard":{"cpu":"4"}},"contributors":[{"kind":"User","name":"given-guest@example.com","role":"view"}]`)
		must(t, admin, http.MethodPost, profilesPath, body, http.StatusOK, "")
		p := profile(t, name)
		if cpu := p.Spec.ResourceQuotaSpec.Hard.Cpu(); cpu.Value() != 4 || p.Labels["team"] != "vision" || len(p.Spec.Contributors) != 1 {
			t.Errorf("the Profile is %+v", p)
		}
		lists(t, owner, "namespace="+name, bindingOf("given-guest@example.com", name, "view"), bindingOf(owner, name, "admin"))
	}
}
