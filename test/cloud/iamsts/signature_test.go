package iamsts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func TestSignaturesOfTheSDKAreVerified(t *testing.T) {
	s := start(t, Options{})
	good := s.Credentials()
	tests := map[string]struct {
		credentials Credentials
		code        string
	}{
		"good":                     {good, ""},
		"another secret":           {Credentials{AccessKeyID: good.AccessKeyID, SecretAccessKey: "x"}, "SignatureDoesNotMatch"},
		"another access key":       {Credentials{AccessKeyID: "AKIAXXXXXXXXXXXXXXXX", SecretAccessKey: good.SecretAccessKey}, "InvalidClientTokenId"},
		"a token of one's own":     {Credentials{good.AccessKeyID, good.SecretAccessKey, "x"}, "InvalidClientTokenId"},
		"a user that was added":    {s.AddUser("alice"), ""},
		"another user's own token": {Credentials{AccessKeyID: s.AddUser("bob").AccessKeyID, SecretAccessKey: s.AddUser("carol").SecretAccessKey}, "SignatureDoesNotMatch"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := sts.NewFromConfig(once(t, s.ConfigFor(test.credentials))).GetCallerIdentity(t.Context(), nil)
			if test.code == "" && err != nil {
				t.Error(err)
			}
			if test.code != "" {
				wantCode(t, err, test.code)
			}
		})
	}
	if got := s.Requests()["GetCallerIdentity"]; got != 2 {
		t.Errorf("%d requests were counted, want the two that were signed properly", got)
	}
}

// TestSignaturesAreOverTheWholeRequest signs a request and then changes what is sent.
func TestSignaturesAreOverTheWholeRequest(t *testing.T) {
	s := start(t, Options{})
	s.AddRole("alice", "/", services, nil)
	s.AddRole("bob", "/", services, nil)
	const body = "Action=GetRole&Version=2010-05-08&RoleName=alice"
	now := time.Now()
	tests := map[string]struct {
		service string
		at      time.Time
		change  func(*http.Request)
		body    string
		status  int
		answer  string
	}{
		"good":              {"iam", now, nil, body, 200, "<RoleName>alice</RoleName>"},
		"another body":      {"iam", now, nil, strings.Replace(body, "alice", "bob", 1), 403, "SignatureDoesNotMatch"},
		"another service":   {"sts", now, nil, body, 403, "Credential should be scoped to correct service: &#39;iam&#39;."},
		"a late clock":      {"iam", now.Add(-time.Hour), nil, body, 403, "Signature expired"},
		"an early clock":    {"iam", now.Add(time.Hour), nil, body, 403, "Signature not yet current"},
		"a slow clock":      {"iam", now.Add(-time.Minute), nil, body, 200, "alice"},
		"a changed header":  {"iam", now, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, body, 403, "SignatureDoesNotMatch"},
		"another date":      {"iam", now, func(r *http.Request) { r.Header.Set("X-Amz-Date", "20010101T000000Z") }, body, 403, "Date in Credential scope"},
		"no signature":      {"iam", now, func(r *http.Request) { r.Header.Del("Authorization") }, body, 403, "MissingAuthenticationToken"},
		"half a signature":  {"iam", now, func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 x") }, body, 400, "IncompleteSignature"},
		"an unknown action": {"iam", now, nil, "Action=GetUser&Version=2010-05-08", 400, "Could not find operation GetUser for version 2010-05-08"},
		"another version":   {"iam", now, nil, "Action=GetRole&Version=2011-06-15", 400, "Could not find operation GetRole for version 2011-06-15"},
		"no action":         {"iam", now, nil, "", 400, "MissingAction"},
		"no form":           {"iam", now, nil, "%", 400, "MalformedInput"},
		"no POST":           {"iam", now, func(r *http.Request) { r.Method = http.MethodPut }, body, 405, "InvalidMethod"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/", strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			signTo(t, s, r, test.service, test.at)
			if test.change != nil {
				test.change(r)
			}
			client := once(t, s.Config()).HTTPClient
			response, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			answer, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != test.status || !strings.Contains(string(answer), test.answer) {
				t.Errorf("got %v, %d %s\nwant %d with %s", err, response.StatusCode, answer, test.status, test.answer)
			}
		})
	}
}

// signTo signs a request for the role alice, whatever its body is.
func signTo(t *testing.T, s *Server, r *http.Request, service string, at time.Time) {
	t.Helper()
	const body = "Action=GetRole&Version=2010-05-08&RoleName=alice"
	length := r.ContentLength
	r.ContentLength = 0
	hash := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(t.Context(), s.Credentials().sdk(), r, hex.EncodeToString(hash[:]), service, Region, at); err != nil {
		t.Fatal(err)
	}
	r.ContentLength = length
}

func TestTemporaryCredentialsExpire(t *testing.T) {
	c := startCluster(t, "")
	var late time.Duration
	s := start(t, Options{IssuerClient: c.Client(), Now: func() time.Time { return time.Now().Add(late) }})
	s.AddProvider(c.URL(), audience)
	arn := s.AddRole("alice", "/", trusting(s, c.URL(), alice), nil)
	out, err := assume(t.Context(), s.sts(t), arn, sign(t, c.key, "key-1", c.claims()))
	if err != nil {
		t.Fatal(err)
	}
	late = time.Hour
	session := s.ConfigFor(Credentials{*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken})
	_, err = sts.NewFromConfig(once(t, session)).GetCallerIdentity(t.Context(), nil)
	wantCode(t, err, "ExpiredToken")
}

func TestTheDefaultChainFindsTheAccount(t *testing.T) {
	s := start(t, Options{})
	for _, variable := range s.Environment() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	t.Setenv("AWS_CONFIG_FILE", "none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
	found, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	who, err := sts.NewFromConfig(once(t, found)).GetCallerIdentity(t.Context(), nil)
	if err != nil || *who.Arn != "arn:aws:iam::123456789012:user/example" || *who.Account != "123456789012" {
		t.Errorf("got %v, %v", who, err)
	}
}
