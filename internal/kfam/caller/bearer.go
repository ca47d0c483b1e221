package caller

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// longestToken is far above what a group-laden token needs, and what a server's usual limit
// on headers lets through.
const longestToken = 32 << 10

// bearer is a token that came with a request. Nothing in it is verified.
type bearer struct {
	raw string
	// issuer is what the token says of itself; empty when it is no JSON Web Token.
	issuer string
}

// readBearer returns the request's token, and false when there is none. Other schemes than
// Bearer say nothing here.
func readBearer(header http.Header) (bearer, bool, *Refusal) {
	values := header["Authorization"]
	if len(values) == 0 {
		return bearer{}, false, nil
	}
	if len(values) > 1 {
		return bearer{}, false, malformedToken("Send the header Authorization once.", errors.New("several Authorization headers"))
	}
	scheme, raw, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return bearer{}, false, nil
	}
	if raw = strings.TrimLeft(raw, " "); raw == "" || len(raw) > longestToken || strings.ContainsFunc(raw, notInToken) {
		return bearer{}, false, malformedToken("The header Authorization must have the form: Bearer TOKEN, with one token of at most 32 KiB.", nil)
	}
	return bearer{raw: raw, issuer: unverifiedIssuer(raw)}, true, nil
}

func malformedToken(message string, cause error) *Refusal {
	return &Refusal{Status: http.StatusBadRequest, Reason: ReasonMalformedToken, Message: message, Cause: cause}
}

// notInToken refuses what RFC 6750 has not in a token, so that no list of two passes.
func notInToken(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return false
	}
	return !strings.ContainsRune("-._~+/=", r)
}

// unverifiedIssuer returns the iss of a JSON Web Token, or "".
func unverifiedIssuer(raw string) string {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var claims struct {
		Issuer string `json:"iss"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return ""
	}
	return claims.Issuer
}
