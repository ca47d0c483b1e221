package contributor

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// longestObjectName is the longest name that the API server takes for a policy.
const longestObjectName = 253

// fingerprintLength is how many hexadecimal digits tell apart contributors whose names
// read the same once only letters and digits are left. Two that still met would be told
// so by an error; nobody would get the other's rights.
const fingerprintLength = 10

var notAlphanumeric = regexp.MustCompile(`[^a-z0-9]+`)

// LegacyName is the name that the existing access API gives to both objects of c. It is
// ambiguous: a.b@x and a-b@x have the same. Objects that already have it keep it.
func LegacyName(c Contributor) string {
	whole := strings.ToLower(c.Kind + "-" + c.Name + "-clusterrole-" + string(c.Role))
	return notAlphanumeric.ReplaceAllString(whole, "-")
}

// ObjectName is the name of both objects of c when they are made anew: the one that people
// know from the existing access API, and a fingerprint that makes it the name of c alone.
func ObjectName(c Contributor) string {
	sum := sha256.Sum256([]byte(c.Kind + "\x00" + c.Name + "\x00" + string(c.Role)))
	fingerprint := hex.EncodeToString(sum[:])[:fingerprintLength]
	readable := LegacyName(c)
	if room := longestObjectName - len("-") - fingerprintLength; len(readable) > room {
		readable = readable[:room]
	}
	return strings.TrimRight(readable, "-") + "-" + fingerprint
}
