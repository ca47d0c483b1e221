package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

func TestVerify(t *testing.T) {
	owner := aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "secret"}
	now := time.Now()
	tests := map[string]struct {
		change  func(*http.Request)
		owner   aws.Credentials
		service string
		body    string
		now     time.Time
		says    string
	}{
		"good":            {nil, owner, "eks", "body", now, ""},
		"another body":    {nil, owner, "eks", "more", now, "does not match the signature you provided"},
		"another secret":  {nil, aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "x"}, "eks", "body", now, "does not match the signature you provided"},
		"another service": {nil, owner, "iam", "body", now, "correct service: 'iam'"},
		"too late":        {nil, owner, "eks", "body", now.Add(time.Hour), "Signature expired"},
		"too early":       {nil, owner, "eks", "body", now.Add(-time.Hour), "not yet current"},
		"another path":    {func(r *http.Request) { r.URL.Path = "/clusters/y" }, owner, "eks", "body", now, "does not match"},
		"another query":   {func(r *http.Request) { r.URL.RawQuery = "a=c" }, owner, "eks", "body", now, "does not match"},
		"another method":  {func(r *http.Request) { r.Method = http.MethodDelete }, owner, "eks", "body", now, "does not match"},
		"another header":  {func(r *http.Request) { r.Header.Set("X-Amz-Meta", "y") }, owner, "eks", "body", now, "does not match"},
		"no date":         {func(r *http.Request) { r.Header.Del("X-Amz-Date") }, owner, "eks", "body", now, "Date in Credential scope"},
		"an unsigned one": {func(r *http.Request) { r.Header.Set("X-Trace", "y") }, owner, "eks", "body", now, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://eks.example.com/clusters/x%2Fz?a=b", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Amz-Meta", "x")
			hash := sha256.Sum256([]byte("body"))
			if err := v4.NewSigner().SignHTTP(t.Context(), owner, r, hex.EncodeToString(hash[:]), "eks", "us-east-1", now); err != nil {
				t.Fatal(err)
			}
			if test.change != nil {
				test.change(r)
			}
			signature, err := Of(r)
			if err != nil || signature.AccessKey != "AKIA" {
				t.Fatalf("read as %+v, %v", signature, err)
			}
			err = signature.Verify(r, []byte(test.body), test.owner, test.service, test.now)
			if test.says == "" && err == nil {
				return
			}
			if mismatch, ok := errors.AsType[Mismatch](err); !ok || test.says == "" || !strings.Contains(mismatch.Error(), test.says) {
				t.Errorf("got %v, want %q", err, test.says)
			}
		})
	}
}

func TestWhatIsNoSignature(t *testing.T) {
	r := &http.Request{Header: http.Header{}}
	if _, err := Of(r); !errors.Is(err, ErrMissing) {
		t.Errorf("without a header: %v", err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 x")
	if _, err := Of(r); !errors.Is(err, ErrIncomplete) {
		t.Errorf("with half of one: %v", err)
	}
}
