package issuer

import (
	"crypto"
	"crypto/ecdsa"

	"github.com/go-jose/go-jose/v4"
)

// algorithmOf is how the API server signs with a key.
func algorithmOf(key crypto.Signer) string {
	public, ok := key.Public().(*ecdsa.PublicKey)
	if !ok {
		return string(jose.RS256)
	}
	switch public.Curve.Params().BitSize {
	case 521:
		return string(jose.ES512)
	case 384:
		return string(jose.ES384)
	default:
		return string(jose.ES256)
	}
}
