package azuremsi

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"
	"github.com/google/go-cmp/cmp"
)

func TestACredentialIsMadeReadChangedListedAndDeleted(t *testing.T) {
	f := start(t, Options{})
	must(t, f.put("one", about("a:b", exchange)))
	must(t, f.put("ONE", about("a:c", exchange)))
	got, err := f.get("one")
	must(t, err)
	if *got.Properties.Subject != "system:serviceaccount:a:c" || *got.Properties.Audiences[0] != exchange {
		t.Errorf("got %+v", got.Properties)
	}
	want := []Credential{{"ONE", "https://oidc.example.com/id/ours", "system:serviceaccount:a:c", exchange}}
	if diff := cmp.Diff(want, f.Credentials(f.id)); diff != "" {
		t.Errorf("credentials (-want +got):\n%s", diff)
	}
	must(t, f.remove())
	must(t, f.remove())
	_, err = f.get("one")
	wantError(t, err, http.StatusNotFound, "NotFound")
	if states := f.History(f.id); len(states) != 4 {
		t.Errorf("there were %d states, want none, one, another, none: %v", len(states), states)
	}
}

func TestAnIdentityIsReadWithItsClientID(t *testing.T) {
	f := start(t, Options{})
	f.Tag(f.id, "team", "x")
	got, err := f.identities.Get(t.Context(), strings.ToUpper(Group), "aLICE", nil)
	must(t, err)
	if *got.Properties.ClientID != f.clientID || *got.Properties.TenantID != Tenant || *got.ID != f.id || *got.Tags["team"] != "x" {
		t.Errorf("got %+v", got.Identity)
	}
}

func TestWhatAzureDoesNotTake(t *testing.T) {
	tests := map[string]struct {
		name    string
		content *armmsi.FederatedIdentityCredentialProperties
	}{
		"a short name":      {"ab", about("a:b", exchange)},
		"a long name":       {strings.Repeat("a", 121), about("a:b", exchange)},
		"a name with a dot": {"a.b.c", about("a:b", exchange)},
		"a name with a -":   {"-abc", about("a:b", exchange)},
		"no content":        {"abc", nil},
		"no subject":        {"abc", &armmsi.FederatedIdentityCredentialProperties{Issuer: to.Ptr("https://x"), Audiences: to.SliceOfPtrs(exchange)}},
		"no audience":       {"abc", about("a:b")},
		"two audiences":     {"abc", about("a:b", exchange, "other")},
		"an http issuer":    {"abc", &armmsi.FederatedIdentityCredentialProperties{Issuer: to.Ptr("http://x"), Subject: to.Ptr("s"), Audiences: to.SliceOfPtrs(exchange)}},
		"a subject twice":   {"abc", about("taken:taken", exchange)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := start(t, Options{})
			must(t, f.put("taken", about("taken:taken", exchange)))
			states := len(f.History(f.id))
			wantError(t, f.put(test.name, test.content), http.StatusBadRequest, "BadRequest")
			if len(f.History(f.id)) != states {
				t.Error("it was taken all the same")
			}
		})
	}
}

func TestTheLongestAndTheShortestNameAreTaken(t *testing.T) {
	f := start(t, Options{})
	must(t, f.put("0-_", about("a:b", exchange)))
	must(t, f.put(strings.Repeat("Z", 120), about("a:c", exchange)))
}

func TestTheLimitHoldsForNewCredentialsOnly(t *testing.T) {
	f := start(t, Options{CredentialLimit: 2})
	must(t, f.put("one", about("a:1", exchange)))
	must(t, f.put("two", about("a:2", exchange)))
	wantError(t, f.put("three", about("a:3", exchange)), http.StatusBadRequest, "BadRequest")
	must(t, f.put("two", about("a:3", exchange)))
}

func TestCredentialsAreListedPageByPage(t *testing.T) {
	f := start(t, Options{PageSize: 3})
	var want []string
	for n := range 7 {
		want = append(want, fmt.Sprintf("name-%d", n))
		must(t, f.put(want[n], about(want[n], exchange)))
	}
	got, err := f.names(t.Context())
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" || f.Requests(f.id)["ListCredentials"] != 3 {
		t.Errorf("%d requests, names (-want +got):\n%s", f.Requests(f.id)["ListCredentials"], diff)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	f := start(t, Options{})
	must(t, f.put("one", about("a:b", exchange)))
	f.RemoveIdentity(f.id)
	_, err := f.identities.Get(t.Context(), Group, "Alice", nil)
	wantError(t, err, http.StatusNotFound, "ResourceNotFound")
	_, err = f.names(t.Context())
	wantError(t, err, http.StatusNotFound, "ResourceNotFound")
	wantError(t, f.put("one", about("a:b", exchange)), http.StatusNotFound, "ResourceNotFound")
	wantError(t, f.remove(), http.StatusNotFound, "ResourceNotFound")
	f.RemoveGroup()
	wantError(t, f.remove(), http.StatusNotFound, "ResourceGroupNotFound")
	if f.Credentials(f.id) != nil {
		t.Error("a removed identity has credentials")
	}
}

func TestEntraComparesToTheLetter(t *testing.T) {
	have := []Credential{{"n", "https://i/", "s", "a"}}
	if !Admits(have, "https://i/", "s", "a") || Admits(have, "https://i", "s", "a") || Admits(have, "https://i/", "S", "a") ||
		Admits(have, "https://i/", "s", "A") || Admits(nil, "https://i/", "s", "a") {
		t.Error("the wrong ones are admitted")
	}
}
