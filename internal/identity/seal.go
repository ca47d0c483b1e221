package identity

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/types"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// SealKeySize is the length in bytes of the key of a Sealer.
const SealKeySize = sha256.Size

// Sealer marks records so that the controller recognizes its own. The status of a Profile
// can be written by others than the controller; a record without a good seal tells
// what somebody wants to be believed, and not what the controller did.
type Sealer struct {
	key []byte
}

// NewSealer returns a Sealer with a secret key of SealKeySize random bytes.
func NewSealer(key []byte) (Sealer, error) {
	if len(key) != SealKeySize {
		return Sealer{}, fmt.Errorf("the key for seals has %d bytes; it must have %d", len(key), SealKeySize)
	}
	return Sealer{key: key}, nil
}

// Seal returns the record of an entry for one Profile. The seal covers the Profile's UID,
// so that a record cannot be moved to another Profile, nor to a later one of the
// same name.
func (s Sealer) Seal(profile types.UID, e Entry, phase profilev1.IdentityPhase) profilev1.IdentityBinding {
	record := recordOf(e, phase)
	record.Seal = s.sum(profile, record)
	return record
}

// Genuine tells whether this controller wrote the record, for this Profile.
func (s Sealer) Genuine(profile types.UID, record profilev1.IdentityBinding) bool {
	return hmac.Equal([]byte(record.Seal), []byte(s.sum(profile, record)))
}

func (s Sealer) sum(profile types.UID, record profilev1.IdentityBinding) string {
	// What is sealed is the entry as it will be acted on, so that a record that the API
	// server spells otherwise, with its keys in another order, is still genuine.
	e := entryOf(record)
	sealed, err := json.Marshal([]any{"kfprofiles identity v1", profile, record.Phase,
		e.Plugin, e.ServiceAccount, e.Identity, e.Annotations, e.Settings})
	if err != nil {
		panic(fmt.Sprintf("strings cannot be written as JSON: %v", err))
	}
	mac := hmac.New(sha256.New, s.key)
	mac.Write(sealed)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
