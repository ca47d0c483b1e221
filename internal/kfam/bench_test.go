package kfam_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/kfprofiles/kfprofiles/internal/access"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/kfam"
	"github.com/kfprofiles/kfprofiles/internal/kfam/caller"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

const (
	manyProfiles = 1000
	guestsOfEach = 5
)

// fullIndex has 1,000 Profiles, each shared with the owners of five others.
func fullIndex() *access.Index {
	index := access.NewIndex(access.Names{})
	owner := func(i int) string { return fmt.Sprintf("owner-of-team-%04d@example.com", i%manyProfiles) }
	for i := range manyProfiles {
		name := fmt.Sprintf("team-%04d", i)
		p, namespace := ownedRoom(name, owner(i))
		index.PutProfile(p)
		index.PutNamespace(namespace)
		for j := range guestsOfEach + 1 {
			role := tenancy.RoleEdit
			if j == 0 {
				role = tenancy.RoleAdmin
			}
			_ = index.PutBinding(contributor.RoleBinding(contributor.Contributor{Namespace: name, Kind: rbacv1.UserKind, Name: owner(i + j), Role: role}))
		}
	}
	return index
}

// BenchmarkListOwn answers users who ask for their own bindings, without the network.
func BenchmarkListOwn(b *testing.B) {
	callers, err := caller.New(caller.Options{UserIDHeader: "kubeflow-userid", TrustUserHeader: true})
	if err != nil {
		b.Fatal(err)
	}
	index := fullIndex()
	handler := kfam.New(kfam.Options{Callers: callers, Index: index, Synced: func() bool { return true },
		Metrics: kfam.NewMetrics(prometheus.NewRegistry(), index), Log: logr.Discard()}).Handler()
	const user = "owner-of-team-0500@example.com"
	request := httptest.NewRequest(http.MethodGet, "/kfam/v1/bindings?user="+user, nil)
	request.Header.Set("kubeflow-userid", user)
	other, _ := ownedRoom("another", "somebody-else@example.com")
	for name, before := range map[string]func(){
		"the list is remembered": func() {},
		"the list is made anew":  func() { index.PutProfile(other); index.DropProfile(other.Name) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				before()
				recorder := httptest.NewRecorder()
				handler.ServeHTTP(recorder, request)
				if recorder.Body.Len() < 100*(guestsOfEach+1) {
					b.Fatalf("the answer is %s", recorder.Body)
				}
			}
		})
	}
}
