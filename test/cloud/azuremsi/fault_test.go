package azuremsi

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

func TestWritesOfOneIdentityMustNotOverlap(t *testing.T) {
	f := start(t, Options{})
	other, _ := f.AddIdentity("Other")
	arrived, release := f.Hold("CreateOrUpdateCredential")
	first := make(chan error)
	go func() { first <- f.put("one", about("a:1", exchange)) }()
	<-arrived
	const code = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"
	wantError(t, f.put("two", about("a:2", exchange)), http.StatusConflict, code)
	wantError(t, f.remove(), http.StatusConflict, code)
	if _, err := f.names(t.Context()); err != nil {
		t.Errorf("a read is kept out as well: %v", err)
	}
	if _, err := f.credentials.Delete(t.Context(), Group, "Other", "one", nil); err != nil {
		t.Errorf("a write on %s is kept out as well: %v", other, err)
	}
	release()
	must(t, <-first)
	must(t, f.put("two", about("a:2", exchange)))
}

func TestWhoMayDoWhat(t *testing.T) {
	f := start(t, Options{})
	f.as(f.CredentialOf(ReadIdentity, ReadCredential))
	if _, err := f.names(t.Context()); err != nil {
		t.Error(err)
	}
	wantError(t, f.put("one", about("a:1", exchange)), http.StatusForbidden, "AuthorizationFailed")
	wantError(t, f.remove(), http.StatusForbidden, "AuthorizationFailed")
	f.as(f.CredentialOf(WriteCredential, DeleteCredential))
	must(t, f.put("one", about("a:1", exchange)))
	must(t, f.remove())
	_, err := f.identities.Get(t.Context(), Group, "not there", nil)
	wantError(t, err, http.StatusForbidden, "AuthorizationFailed")
	f.as(f.ExpiredCredential())
	wantError(t, f.remove(), http.StatusUnauthorized, "ExpiredAuthenticationToken")
	f.as(staticToken("made up"))
	wantError(t, f.remove(), http.StatusUnauthorized, "InvalidAuthenticationToken")
}

func TestFaults(t *testing.T) {
	tests := map[string]struct {
		fault  faults.Fault
		status int
		code   string
		done   bool
	}{
		"throttled":             {Throttle(), 429, "TooManyRequests", false},
		"an error 500":          {ServerError(), 500, "InternalServerError", false},
		"an error 500 and done": {ServerError().ThoughDone(), 500, "InternalServerError", true},
		"a lock":                {faults.Fail(409, "ScopeLocked", "locked"), 409, "ScopeLocked", false},
		"a proxy":               {faults.Fail(502, "", "<html>"), 502, "", false},
		"cut off":               {faults.CutBefore(), 0, "", false},
		"cut off and done":      {faults.CutAfter(), 0, "", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := start(t, Options{})
			f.FailOnce("CreateOrUpdateCredential", test.fault)
			err := f.put("one", about("a:1", exchange))
			if test.status != 0 {
				wantError(t, err, test.status, test.code)
			} else if err == nil {
				t.Error("there was an answer")
			}
			if done := len(f.Credentials(f.id)) == 1; done != test.done {
				t.Errorf("it was carried out: %t", done)
			}
			must(t, f.put("two", about("a:2", exchange)))
		})
	}
}

func TestThrottlingSaysHowLong(t *testing.T) {
	f := start(t, Options{})
	f.SetRetryAfter(7)
	f.FailOnce("DeleteCredential", Throttle())
	var answer *azcore.ResponseError
	if err := f.remove(); !errors.As(err, &answer) || answer.RawResponse.Header.Get("Retry-After") != "7" {
		t.Errorf("got %v", err)
	}
}

func TestAStaleReadShowsTheStateBefore(t *testing.T) {
	f := start(t, Options{})
	must(t, f.put("one", about("a:1", exchange)))
	f.FailOnce("ListCredentials", faults.Stale())
	for _, want := range []string{"", "one"} {
		names, err := f.names(t.Context())
		if err != nil || strings.Join(names, " ") != want {
			t.Errorf("got %v, %v; want %q", names, err, want)
		}
	}
}

func TestMessagesOfErrorsAreNeverTheSameTwice(t *testing.T) {
	f := start(t, Options{})
	first, second := f.put("a", nil), f.put("a", nil)
	if first == nil || second == nil || first.Error() == second.Error() {
		t.Errorf("got %v and %v", first, second)
	}
}

func TestOnlyItsOwnPathsAndVersionAreAnswered(t *testing.T) {
	f := start(t, Options{})
	for path, want := range map[string]int{"/": 404, f.id + "?api-version=2023-01-31": 400, f.id + "/federatedIdentityCredentials/x/y?api-version=" + APIVersion: 404,
		f.id + "?api-version=" + APIVersion: 401} {
		answer, err := http.Get(f.URL() + path)
		must(t, err)
		must(t, answer.Body.Close())
		if answer.StatusCode != want {
			t.Errorf("%s is answered with %d, want %d", path, answer.StatusCode, want)
		}
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}
