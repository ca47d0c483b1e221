package iamsts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// signature is what an Authorization header of Signature Version 4 says.
type signature struct {
	accessKey, date, region string
	service                 service
	headers                 []string
	value                   string
}

var authorization = regexp.MustCompile(
	`^AWS4-HMAC-SHA256 Credential=([^/]+)/([0-9]{8})/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$`)

const amzDate = "20060102T150405Z"

// maxSkew is how far a client's clock may be off.
const maxSkew = 5 * time.Minute

// authenticate returns who signed the request.
func (s *Server) authenticate(r *http.Request, body []byte, c *call) (principal, error) {
	header := r.Header.Get("Authorization")
	if header == "" && c.operation.anonymous {
		return principal{}, nil
	}
	if header == "" {
		return principal{}, apiError{http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token"}
	}
	parts := authorization.FindStringSubmatch(header)
	if parts == nil {
		return principal{}, apiError{http.StatusBadRequest, "IncompleteSignature", "Authorization header is not one of AWS4-HMAC-SHA256."}
	}
	claimed := signature{parts[1], parts[2], parts[3], service(parts[4]), strings.Split(parts[5], ";"), parts[6]}
	who, err := s.signerFor(r, claimed, c.now)
	if err != nil {
		return principal{}, err
	}
	return who.principal, claimed.verify(r, body, who, c)
}

// signerFor finds who has the access key, and for temporary credentials checks the token.
func (s *Server) signerFor(r *http.Request, claimed signature, now time.Time) (signer, error) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	who, ok := s.account.signers[claimed.accessKey]
	if !ok || r.Header.Get("X-Amz-Security-Token") != who.credentials.SessionToken {
		return signer{}, apiError{http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid."}
	}
	if !who.expires.IsZero() && !now.Before(who.expires) {
		return signer{}, apiError{http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired"}
	}
	return who, nil
}

// verify signs the request anew with the SDK's own signer and compares.
func (claimed signature) verify(r *http.Request, body []byte, who signer, c *call) error {
	mismatch := func(format string, args ...any) error {
		return apiError{http.StatusForbidden, "SignatureDoesNotMatch", fmt.Sprintf(format, args...)}
	}
	at, err := time.Parse(amzDate, r.Header.Get("X-Amz-Date"))
	if err != nil || !strings.HasPrefix(r.Header.Get("X-Amz-Date"), claimed.date) {
		return mismatch("Date in Credential scope does not match X-Amz-Date: %q", r.Header.Get("X-Amz-Date"))
	}
	if at.Before(c.now.Add(-maxSkew)) {
		return mismatch("Signature expired: %s is now earlier than %s (%s - 5 min.)", at.Format(amzDate), c.now.Add(-maxSkew).Format(amzDate), c.now.Format(amzDate))
	}
	if at.After(c.now.Add(maxSkew)) {
		return mismatch("Signature not yet current: %s is still later than %s (%s + 5 min.)", at.Format(amzDate), c.now.Add(maxSkew).Format(amzDate), c.now.Format(amzDate))
	}
	if claimed.service != c.operation.service {
		return mismatch("Credential should be scoped to correct service: '%s'.", c.operation.service)
	}
	expected, err := claimed.signAgain(r, body, who, at)
	if err != nil {
		return mismatch("%v", err)
	}
	if !hmac.Equal([]byte(expected), []byte(claimed.value)) {
		return mismatch("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return nil
}

// signAgain returns the signature that the owner of the credentials would have made of
// the same headers and body.
func (claimed signature) signAgain(r *http.Request, body []byte, who signer, at time.Time) (string, error) {
	copied := &http.Request{
		Method: r.Method,
		Host:   r.Host,
		URL:    &url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery},
		Header: http.Header{},
	}
	for _, name := range claimed.headers {
		if values := r.Header.Values(name); len(values) > 0 {
			copied.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
		}
	}
	if slices.Contains(claimed.headers, "content-length") {
		copied.ContentLength = r.ContentLength
		copied.Header.Del("Content-Length")
	}
	hash := sha256.Sum256(body)
	err := v4.NewSigner().SignHTTP(r.Context(), who.credentials.sdk(), copied, hex.EncodeToString(hash[:]), string(claimed.service), claimed.region, at)
	if err != nil {
		return "", err
	}
	parts := authorization.FindStringSubmatch(copied.Header.Get("Authorization"))
	if parts == nil {
		return "", fmt.Errorf("the signer wrote %q", copied.Header.Get("Authorization"))
	}
	return parts[6], nil
}
