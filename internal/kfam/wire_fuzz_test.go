package kfam

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/access"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
)

// mustBeInvalid fails the test unless err is one that becomes a 400 with a sentence.
func mustBeInvalid(t *testing.T, err error) {
	t.Helper()
	var known *access.Error
	if !errors.As(err, &known) || known.Kind != access.Invalid || !strings.HasSuffix(known.Message, ".") {
		t.Errorf("refused with %#v, want a sentence about a request that makes no sense", err)
	}
}

func arriving(body string) (http.ResponseWriter, *http.Request) {
	return httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
}

// only returns what an object of JSON has under a key, letter case aside, and fails the test
// when it has it twice.
func only(t *testing.T, object any, key string) any {
	t.Helper()
	var found []any
	fields, _ := object.(map[string]any)
	for name, value := range fields {
		if strings.EqualFold(name, key) {
			found = append(found, value)
		}
	}
	if len(found) != 1 {
		t.Errorf("accepted with %d fields %s", len(found), key)
		return nil
	}
	return found[0]
}

// FuzzBinding: what is accepted means the same to every reader of JSON, and comes back as it
// went in.
func FuzzBinding(f *testing.F) {
	for _, seed := range []string{
		bensBinding, `{"user":{"kind":"Group","name":"data"},"referredNamespace":"n","roleref":{"name":"view"}}`,
		`{"user":{"name":"a"},"USER":{"name":"b"},"referredNamespace":"n","RoleRef":{"name":"view"}}`,
		`{"user":{"name":"a","name":"b"},"referredNamespace":"n","RoleRef":{"name":"view"}}`,
		"{\"user\":{\"name\":\"a\xff\"},\"referredNamespace\":\"n\",\"RoleRef\":{\"name\":\"view\"}}",
		`{"user":null,"referredNamespace":"n","RoleRef":{"name":"view"}}`, bensBinding + "x", bensBinding + bensBinding, `null`, `[]`, `{`, ``,
		`{"user":{"name":"*"},"referredNamespace":"n","RoleRef":{"name":"cluster-admin"}}`, strings.Repeat("[", 1<<10),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var b binding
		w, r := arriving(body)
		if err := readBody(w, r, &b); err != nil {
			mustBeInvalid(t, err)
			return
		}
		c, err := b.contributor()
		if err != nil {
			mustBeInvalid(t, err)
			return
		}
		var document any
		if err := json.Unmarshal([]byte(body), &document); err != nil || !utf8.ValidString(body) {
			t.Fatalf("accepted, and no JSON, which is text: %v", err)
		}
		if name := only(t, only(t, document, "user"), "name"); name != c.Name {
			t.Errorf("accepted for %q; others read %q", c.Name, name)
		}
		if role := only(t, only(t, document, "RoleRef"), "name"); role != string(c.Role) {
			t.Errorf("accepted as %q; others read %q", c.Role, role)
		}
		if namespace := only(t, document, "referredNamespace"); namespace != c.Namespace {
			t.Errorf("accepted in %q; others read %q", c.Namespace, namespace)
		}
		mustComeBack(t, c)
	})
}

// mustComeBack lists a contributor and reads the answer as a request.
func mustComeBack(t *testing.T, c contributor.Contributor) {
	t.Helper()
	written, err := json.Marshal(wireOf(access.Binding{Contributor: c}))
	if err != nil {
		t.Fatal(err)
	}
	var again binding
	w, r := arriving(string(written))
	if err := readBody(w, r, &again); err != nil {
		t.Fatalf("%s cannot be read back: %v", written, err)
	}
	if got, err := again.contributor(); err != nil || got != c {
		t.Errorf("%+v comes back as %+v, %v", c, got, err)
	}
}

func profileSeeds(f *testing.F) {
	for _, seed := range []string{
		annsProfile, `{"apiVersion":"kubeflow.org/v1","kind":"Profile","metadata":{"name":"a"},"spec":{"owner":{"kind":"User","name":"ann@example.com"}}}`,
		`{"metadata":{"name":"a","labels":{"x":"y"}},"spec":{"owner":{"kind":"User","name":"ann@example.com"}}}`,
		`{"metadata":{"name":"a"},"spec":{"owner":{"kind":"User","name":"ann@example.com"},"plugins":[{"kind":"AwsIamForServiceAccount","spec":{"awsIamRole":"r"}}]}}`,
		`{"metadata":{"name":"a"},"spec":{"owner":{"kind":"User","name":"ann@example.com"},"Plugins":[{"kind":"x"}]}}`,
		`{"metadata":{"name":"a"},"spec":{"owner":{"kind":"User","name":"ann@example.com"},"plugins":[],"contributors":null,"resourceQuotaSpec":{}}}`,
		`{"metadata":{"name":"a"},"spec":{"owner":{"kind":"User","name":"ann@example.com"},"resourceQuotaSpec":{"hard":{"cpu":"1500m"}}}}`,
		`{"metadata":{"name":"a"},"spec":{"owner":{"kind":"User","name":"ann@example.com"}},"status":{"conditions":[{"type":"Ready","status":"True"}]}}`,
		`{"metadata":{"name":"a"},"spec":{"owner":{"kind":"User","name":"ben@example.com"}}}`, `{"metadata":{"name":"a"},"spec":{"owner":{"kind":"Group","name":"ann@example.com"}}}`,
		`{"metadata":{"name":"kube-system"},"spec":{"owner":{"kind":"User","name":"ann@example.com"}}}`,
		`{"metadata":{"name":"a"},"spec":{"owner":{"kind":"User","name":"mallory","Name":"ann@example.com"}}}`,
		`{"metadata":{"name":"a","finalizers":["x"],"ownerReferences":[{"name":"x"}],"uid":"u","generateName":"g"},"spec":{"owner":{"kind":"User","name":"ann@example.com"}}}`,
		annsProfile + " ", annsProfile + annsProfile, `null`, `7`, ``,
	} {
		f.Add(seed)
	}
}

// FuzzProfile: what is accepted survives being written and read again, and not with a field
// more.
func FuzzProfile(f *testing.F) {
	profileSeeds(f)
	f.Fuzz(func(t *testing.T, body string) {
		var p profilev1.Profile
		w, r := arriving(body)
		if err := readWholeBody(w, r, &p); err != nil {
			mustBeInvalid(t, err)
			return
		}
		written, err := json.Marshal(&p)
		if err != nil {
			t.Fatalf("accepted, and cannot be written: %v", err)
		}
		var again profilev1.Profile
		w, r = arriving(string(written))
		if err := readWholeBody(w, r, &again); err != nil {
			t.Fatalf("%s cannot be read back: %v", written, err)
		}
		rewritten, err := json.Marshal(&again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(written), string(rewritten)); diff != "" {
			t.Errorf("written twice (-first +second):\n%s", diff)
		}
		w, r = arriving(strings.Replace(string(written), "{", `{"unheardOf":1,`, 1))
		if err := readWholeBody(w, r, &again); err == nil {
			t.Error("a field that there is none of is passed over")
		}
	})
}

// FuzzRegistration: whatever a user sends, what reaches the cluster is a plain Profile of
// their own with a name that is nobody's.
func FuzzRegistration(f *testing.F) {
	profileSeeds(f)
	h := newHouse(f)
	f.Fuzz(func(t *testing.T, body string) {
		h.cluster.created, h.Registrar = nil, &access.Registrar{Client: h.cluster, Index: h.Index, Rules: h.Rules}
		answer := h.call("ann@example.com", http.MethodPost, "/kfam/v1/profiles", body)
		if answer.Code != http.StatusOK {
			if len(h.cluster.created) > 0 || answer.Code != http.StatusBadRequest && answer.Code != http.StatusForbidden {
				t.Errorf("answered %d %s, and created %v", answer.Code, answer.Body, h.cluster.created)
			}
			return
		}
		got := h.cluster.created[0].(*profilev1.Profile)
		got.TypeMeta = metav1.TypeMeta{}
		plain := &profilev1.Profile{ObjectMeta: metav1.ObjectMeta{Name: got.Name, UID: "uid-of-the-new"}}
		plain.Spec.Owner = rbacv1.Subject{Kind: "User", Name: "ann@example.com", APIGroup: got.Spec.Owner.APIGroup, Namespace: got.Spec.Owner.Namespace}
		want, wantErr := json.Marshal(plain)
		written, err := json.Marshal(got)
		if diff := cmp.Diff(string(want), string(written)); diff != "" || err != nil || wantErr != nil {
			t.Errorf("what reaches the cluster is no plain Profile (-want +got):\n%s", diff)
		}
		if h.Rules.Reserved.Contains(got.Name) {
			t.Errorf("%q is registered", got.Name)
		}
	})
}

// FuzzQuery: an answer is to the question that was asked, and a stranger's is empty.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{"", "user=ben@example.com", "user=ben%40example.com&role=edit", "namespace=ann&user=", "role=owner", "user=a&user=b",
		"user=%zz", "user=a;namespace=ann", "USER=a", "x=y&x=z", "user=ann%40example.com&namespace=ann&role=admin", "role=", "&&", "user"} {
		f.Add(seed)
	}
	h := newHouse(f)
	f.Fuzz(func(t *testing.T, raw string) {
		query, err := readQuery(raw)
		answer := h.call("stranger@example.com", http.MethodGet, "/kfam/v1/bindings?"+raw, "")
		if err != nil {
			mustBeInvalid(t, err)
			if answer.Code != http.StatusBadRequest {
				t.Errorf("refused with %d", answer.Code)
			}
			return
		}
		if asked := "&" + raw; strings.Count(asked, "&user=") > 1 || strings.Count(asked, "&role=") > 1 || strings.Count(asked, "&namespace=") > 1 {
			t.Errorf("accepted with one parameter twice")
		}
		again, err := readQuery(url.Values{"user": {query.User}, "namespace": {query.Namespace}, "role": {string(query.Role)}}.Encode())
		if err != nil || again != query {
			t.Errorf("%+v comes back as %+v, %v", query, again, err)
		}
		if answer.Code != http.StatusOK || answer.Body.String() != `{"bindings":[]}` {
			t.Errorf("a stranger is answered %d %s", answer.Code, answer.Body)
		}
		listed(t, h, raw, query)
	})
}

// listed fails the test when an admin's answer has what was not asked for, or lacks what was.
func listed(t *testing.T, h *house, raw string, query access.Query) {
	t.Helper()
	var got bindings
	answer := h.call("admin@example.com", http.MethodGet, "/kfam/v1/bindings?"+raw, "")
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
		t.Fatalf("%d %s: %v", answer.Code, answer.Body, err)
	}
	want := 0
	for _, b := range h.Index.List(access.Query{}) {
		if (query.User == "" || query.User == b.Name) && (query.Namespace == "" || query.Namespace == b.Namespace) && (query.Role == "" || query.Role == b.Role) {
			want++
		}
	}
	if len(got.Bindings) != want {
		t.Errorf("%+v is answered with %d bindings, want %d", query, len(got.Bindings), want)
	}
}
