package cli

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// reaches has a terminal's commands talk to an API server over the network.
func (term *terminal) reaches(server string) {
	kubeconfig(term.t, server)
	term.Connect = func() (client.WithWatch, error) {
		return connect(term.Kubeconfig, &warnings{out: term.ErrOut})
	}
}

func TestAnAPIServerThatDoesNotHelp(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	strange := httptest.NewTLSServer(http.NotFoundHandler())
	defer strange.Close()
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer busy.Close()
	locked := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer locked.Close()
	for server, want := range map[string]string{
		gone.URL:    "\nNo answer from the API server that context blue (" + gone.URL + ") names. Check that it is up and can be reached from here, or choose another cluster with --context.\n",
		strange.URL: "\nSomething else answers there than the kubeconfig expects. Check its server and its certificate authority.\n",
		busy.URL:    "\nThe API server is too busy. Run the command again in a while.\n",
		locked.URL:  "\nThe API server does not know you: the credentials of context blue (" + locked.URL + ") are missing, wrong or out of date. Log in to the cluster again.\n",
	} {
		term := open(t)
		term.reaches(server)
		term.fails("list", 1, want)
	}
	term := open(t)
	term.reaches(gone.URL)
	term.fails("list --context green", 1, "that context green (")
	term = open(t)
	term.reaches(gone.URL)
	term.fails("list --context red", 1, "context \"red\" does not exist\nTo see those that there are: kubectl config get-contexts\n")
}

func TestNoKubeconfigAtAll(t *testing.T) {
	term := open(t)
	term.reaches("")
	t.Setenv("KUBECONFIG", "/nowhere/config")
	t.Setenv("HOME", t.TempDir())
	term.fails("list", 1, "\nThere is no kubeconfig. Name one with --kubeconfig, or in the variable KUBECONFIG.\n")
}

func TestAMissingRightIsNamed(t *testing.T) {
	denied := func(group, resource, words string) error {
		return apierrors.NewForbidden(schema.GroupResource{Group: group, Resource: resource}, "ann", errors.New(words))
	}
	kubeconfig(t, "https://127.0.0.1:1")
	e := open(t).Environment
	for _, c := range []struct {
		err  error
		want string
	}{
		{denied("kubeflow.org", "profiles", `User "ben" cannot get resource "profiles" in API group "kubeflow.org" at the cluster scope`),
			"Profiles are cluster-wide. Ask an admin of the cluster for this right."},
		{denied("events.k8s.io", "events", `User "ben" cannot list resource "events" in API group "events.k8s.io" in the namespace "default"`),
			"You need the right to list events.events.k8s.io in namespace default. Ask an admin of the cluster for it, or whoever administers that namespace."},
		{denied("", "serviceaccounts", `User "ben" cannot get resource "serviceaccounts" in API group "" in the namespace "ann"`),
			"You need the right to get serviceaccounts in namespace ann. Ask an admin of the cluster for it, or whoever administers that namespace."},
		{denied("", "namespaces", `User "ben" cannot get resource "namespaces" in API group "" at the cluster scope`),
			"You need the right to get namespaces in the whole cluster. Ask an admin of the cluster for it."},
		{denied("kubeflow.org", "profiles", "ValidatingAdmissionPolicy 'names' with binding 'names' denied request: choose another name"), ""},
		{apierrors.NewAlreadyExists(schema.GroupResource{Resource: "configmaps"}, "record"), "Somebody else was faster. Run the command again."},
		{&url.Error{Op: "Post", URL: "https://iam.amazonaws.com/", Err: &net.OpError{Op: "dial", Err: errors.New("connection refused")}}, ""},
		{&url.Error{Op: "Get", URL: "https://127.0.0.1:1/api", Err: errors.New("getting credentials: exec: executable aws not found")}, "The API server does not know you: the credentials of context blue (https://127.0.0.1:1) are missing, wrong or out of date. Log in to the cluster again."},
	} {
		got, _ := strings.CutPrefix(e.explain(c.err), c.err.Error())
		if strings.TrimPrefix(got, "\n") != c.want {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
}

func TestAClusterWithoutProfiles(t *testing.T) {
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/api":
			_, _ = w.Write([]byte(onlyProfiles["/api"]))
		case "/apis":
			_, _ = w.Write([]byte(`{"kind":"APIGroupList","apiVersion":"v1","groups":[]}`))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer bare.Close()
	term := open(t)
	term.reaches(bare.URL)
	term.fails("list", 1, "\nThe cluster does not know Profiles. Install the controller first (kubectl profile doctor tells more).\n")
}
