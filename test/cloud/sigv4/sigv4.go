// Package sigv4 verifies requests that are signed with AWS Signature Version 4. It signs
// them anew with the SDK's own signer and compares. How a service says no is its own
// business, so the errors are for telling apart.
package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

var (
	// ErrMissing tells that the request is not signed at all.
	ErrMissing = errors.New("the request has no signature")
	// ErrIncomplete tells that what stands in the place of the signature is none.
	ErrIncomplete = errors.New("the Authorization header is not one of AWS4-HMAC-SHA256")
)

// Mismatch tells why a signature is not the right one, in AWS's own words because people
// search for them.
type Mismatch string

// Error returns the words.
func (m Mismatch) Error() string { return string(m) }

// Signature is what an Authorization header says. Nothing of it is verified yet.
type Signature struct {
	// AccessKey is whose key the request claims to be signed with.
	AccessKey             string
	date, region, service string
	headers               []string
	value                 string
}

var authorization = regexp.MustCompile(
	`^AWS4-HMAC-SHA256 Credential=([^/]+)/([0-9]{8})/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$`)

// Of reads the signature of a request. Its errors are ErrMissing and ErrIncomplete.
func Of(r *http.Request) (Signature, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return Signature{}, ErrMissing
	}
	parts := authorization.FindStringSubmatch(header)
	if parts == nil {
		return Signature{}, ErrIncomplete
	}
	return Signature{parts[1], parts[2], parts[3], parts[4], strings.Split(parts[5], ";"), parts[6]}, nil
}

const amzDate = "20060102T150405Z"

// maxSkew is how far a client's clock may be off (AWS General Reference, "Signature
// Version 4": five minutes).
const maxSkew = 5 * time.Minute

// Verify returns a Mismatch unless the owner of the credentials signed the request and the
// body for the service at about the time of now.
func (s Signature) Verify(r *http.Request, body []byte, credentials aws.Credentials, service string, now time.Time) error {
	mismatch := func(format string, args ...any) error { return Mismatch(fmt.Sprintf(format, args...)) }
	at, err := time.Parse(amzDate, r.Header.Get("X-Amz-Date"))
	if err != nil || !strings.HasPrefix(r.Header.Get("X-Amz-Date"), s.date) {
		return mismatch("Date in Credential scope does not match X-Amz-Date: %q", r.Header.Get("X-Amz-Date"))
	}
	if at.Before(now.Add(-maxSkew)) {
		return mismatch("Signature expired: %s is now earlier than %s (%s - 5 min.)", at.Format(amzDate), now.Add(-maxSkew).Format(amzDate), now.Format(amzDate))
	}
	if at.After(now.Add(maxSkew)) {
		return mismatch("Signature not yet current: %s is still later than %s (%s + 5 min.)", at.Format(amzDate), now.Add(maxSkew).Format(amzDate), now.Format(amzDate))
	}
	if s.service != service {
		return mismatch("Credential should be scoped to correct service: '%s'.", service)
	}
	expected, err := s.again(r, body, credentials, at)
	if err != nil {
		return mismatch("%v", err)
	}
	if !hmac.Equal([]byte(expected), []byte(s.value)) {
		return mismatch("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return nil
}

// again returns the signature that the owner of the credentials would have made of the
// same headers and body.
func (s Signature) again(r *http.Request, body []byte, credentials aws.Credentials, at time.Time) (string, error) {
	copied := &http.Request{
		Method: r.Method,
		Host:   r.Host,
		URL:    &url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery},
		Header: http.Header{},
	}
	for _, name := range s.headers {
		if values := r.Header.Values(name); len(values) > 0 {
			copied.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
		}
	}
	if slices.Contains(s.headers, "content-length") {
		copied.ContentLength = r.ContentLength
		copied.Header.Del("Content-Length")
	}
	hash := sha256.Sum256(body)
	err := v4.NewSigner().SignHTTP(r.Context(), credentials, copied, hex.EncodeToString(hash[:]), s.service, s.region, at)
	if err != nil {
		return "", err
	}
	signed, err := Of(copied)
	return signed.value, err
}
