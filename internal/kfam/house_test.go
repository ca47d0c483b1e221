package kfam

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/access"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/kfam/caller"
)

// house is a Server in front of a cluster that takes all and has nothing, in which ann owns
// the Profile "ann".
type house struct {
	*Server
	cluster *takesAll
	records []Record
}

// takesAll notes what is written to it.
type takesAll struct {
	client.Client
	mu      sync.Mutex
	created []client.Object
	// err, when set, is the answer to every write and read.
	err func(context.Context) error
}

func (c *takesAll) Create(ctx context.Context, o client.Object, _ ...client.CreateOption) error {
	if c.err != nil {
		return c.err(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.created = append(c.created, o)
	o.SetUID("uid-of-the-new")
	return nil
}

func (c *takesAll) List(ctx context.Context, _ client.ObjectList, _ ...client.ListOption) error {
	if c.err != nil {
		return c.err(ctx)
	}
	return nil
}

func (c *takesAll) Delete(ctx context.Context, _ client.Object, _ ...client.DeleteOption) error {
	if c.err != nil {
		return c.err(ctx)
	}
	return nil
}

func newHouse(t testing.TB) *house {
	t.Helper()
	callers, err := caller.New(caller.Options{UserIDHeader: "kubeflow-userid", TrustUserHeader: true})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{cluster: &takesAll{}}
	index, rules := access.NewIndex(access.Names{}), access.Rules{ProfilesPerUser: 2}
	profile := &profilev1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "ann", UID: "uid-of-ann"}}
	profile.Spec.Owner = rbacv1.Subject{Kind: "User", Name: "ann@example.com"}
	index.PutProfile(profile)
	index.PutNamespace(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ann", OwnerReferences: []metav1.OwnerReference{
		{APIVersion: "kubeflow.org/v1", Kind: "Profile", Name: "ann", UID: "uid-of-ann"}}}})
	for _, c := range []contributor.Contributor{
		{Namespace: "ann", Kind: "User", Name: "ann@example.com", Role: "admin"}, {Namespace: "ann", Kind: "User", Name: "ben@example.com", Role: "edit"}} {
		if err := index.PutBinding(contributor.RoleBinding(c)); err != nil {
			t.Fatal(err)
		}
	}
	h.Server = New(Options{
		Callers: callers, Admins: []string{"admin@example.com"}, Rules: rules, Index: index,
		Keeper:    access.NewKeeper(access.KeeperOptions{Client: h.cluster, Index: index, Mesh: true, Log: logr.Discard()}),
		Registrar: &access.Registrar{Client: h.cluster, Index: index, Rules: rules},
		Synced:    func() bool { return true }, Log: logr.Discard(), Audit: func(r Record) { h.records = append(h.records, r) },
	})
	return h
}

// call sends a request as a user, with headers given as name, value, name, value…
func (h *house) call(as, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/", strings.NewReader(body))
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(target, "?")
	r.Header.Set("kubeflow-userid", as)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	h.Handler().ServeHTTP(answer, r)
	return answer
}

const (
	annsProfile = `{"metadata":{"name":"ann-2"},"spec":{"owner":{"kind":"User","name":"ann@example.com"}}}`
	bensBinding = `{"user":{"kind":"User","name":"ben@example.com"},"referredNamespace":"ann","RoleRef":{"apiGroup":"","kind":"ClusterRole","name":"edit"}}`
)

func TestTheHouseIsInOrder(t *testing.T) {
	h := newHouse(t)
	for _, request := range [][]string{
		{http.MethodPost, "/kfam/v1/profiles", annsProfile},
		{http.MethodPost, "/kfam/v1/bindings", bensBinding},
		{http.MethodDelete, "/kfam/v1/bindings", bensBinding},
		{http.MethodDelete, "/kfam/v1/profiles/ann", ""},
	} {
		if answer := h.call("ann@example.com", request[0], request[1], request[2]); answer.Code != http.StatusOK || answer.Body.Len() > 0 {
			t.Errorf("%s: %d %s", request, answer.Code, answer.Body)
		}
	}
	if len(h.records) != 4 || h.records[0].UID != "uid-of-the-new" || h.records[3].UID != "uid-of-ann" {
		t.Errorf("the records are %+v", h.records)
	}
}
