package iamsts

import (
	"errors"
	"net/http"
	"time"

	"github.com/kfprofiles/kfprofiles/test/cloud/sigv4"
)

var (
	// ErrUnknownKey tells that nobody in the account has the access key, or that the session
	// token is not the one that belongs to it.
	ErrUnknownKey = errors.New("nobody in the account has these credentials")
	// ErrExpired tells that the temporary credentials are no longer valid.
	ErrExpired = errors.New("the credentials are expired")
)

// Caller returns who of the account signed a request to one of AWS's services, such as eks.
// It is how doubles of other services know the account's users. The errors are those of
// package sigv4, ErrUnknownKey and ErrExpired.
func (s *Server) Caller(r *http.Request, body []byte, service string) (Caller, error) {
	who, err := s.verified(r, body, service, s.options.Now())
	return Caller{who}, err
}

// verified returns who signed the request.
func (s *Server) verified(r *http.Request, body []byte, service string, now time.Time) (principal, error) {
	claimed, err := sigv4.Of(r)
	if err != nil {
		return principal{}, err
	}
	who, err := s.signerFor(r, claimed.AccessKey, now)
	if err != nil {
		return principal{}, err
	}
	return who.principal, claimed.Verify(r, body, who.credentials.sdk(), service, now)
}

// signerFor finds who has the access key, and for temporary credentials checks the token.
func (s *Server) signerFor(r *http.Request, accessKey string, now time.Time) (signer, error) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	who, ok := s.account.signers[accessKey]
	if !ok || r.Header.Get("X-Amz-Security-Token") != who.credentials.SessionToken {
		return signer{}, ErrUnknownKey
	}
	if !who.expires.IsZero() && !now.Before(who.expires) {
		return signer{}, ErrExpired
	}
	if who.role != nil {
		who.permissions = who.role.permissions()
	}
	return who, nil
}

// authenticate returns who signed a request to IAM or STS, or their refusal.
func (s *Server) authenticate(r *http.Request, body []byte, c *call) (principal, error) {
	who, err := s.verified(r, body, string(c.operation.service), c.now)
	mismatch, _ := errors.AsType[sigv4.Mismatch](err)
	switch {
	case err == nil:
		return who, nil
	case errors.Is(err, sigv4.ErrMissing) && c.operation.anonymous:
		return principal{}, nil
	case errors.Is(err, sigv4.ErrMissing):
		return principal{}, apiError{http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token"}
	case errors.Is(err, sigv4.ErrIncomplete):
		return principal{}, apiError{http.StatusBadRequest, "IncompleteSignature", "Authorization header is not one of AWS4-HMAC-SHA256."}
	case errors.Is(err, ErrUnknownKey):
		return principal{}, apiError{http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid."}
	case errors.Is(err, ErrExpired):
		return principal{}, apiError{http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired"}
	default:
		return principal{}, apiError{http.StatusForbidden, "SignatureDoesNotMatch", mismatch.Error()}
	}
}
