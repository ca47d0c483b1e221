package trustpolicy

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// ownSid is the Sid of the statements that Grant adds for a provider. A Sid may hold only
// letters and digits, so the issuer is in it as a hash.
func ownSid(p Provider) string {
	sum := sha256.Sum256([]byte(p.Issuer))
	return "KubeflowProfiles" + hex.EncodeToString(sum[:4])
}

// freeSid returns a Sid that no statement has yet: IAM wants them to differ. Ours may be
// taken by a statement for another audience, or by one of ours that somebody changed.
func (pol *policy) freeSid() string {
	taken := make(map[string]bool, len(pol.statements))
	for _, s := range pol.statements {
		taken[fold(s.sid)] = true
	}
	sid := ownSid(pol.provider)
	for n := 2; taken[fold(sid)]; n++ {
		sid = ownSid(pol.provider) + strconv.Itoa(n)
	}
	return sid
}

// isOwn tells whether a statement is one that Grant made and nobody has added to.
func (pol *policy) isOwn(s *statement) bool {
	number, ok := strings.CutPrefix(s.sid, ownSid(pol.provider))
	if !ok || strings.Trim(number, "0123456789") != "" || len(s.node.members) != 5 || len(s.conditions) != 2 ||
		len(s.node.member("Condition").members) != 1 {
		return false
	}
	for _, c := range s.conditions {
		if !c.isPlain() || c.hasWildcards() {
			return false
		}
	}
	audiences := s.about(audienceClaim)
	return len(audiences) == 1 && len(audiences[0].values.each()) == 1 &&
		s.joinableSubjects(audiences[0].values.each()[0].text) != nil
}

// newStatement returns a statement that admits subjects with an audience.
func (pol *policy) newStatement(audience string, subjects []string) string {
	return `{"Sid":` + quote(pol.freeSid()) +
		`,"Effect":"Allow","Principal":{"Federated":` + quote(pol.provider.ARN) +
		`},"Action":` + quote(webIdentityAction) +
		`,"Condition":{"StringEquals":{` + quote(pol.provider.audienceKey()) + `:` + quote(audience) +
		`,` + quote(pol.provider.subjectKey()) + `:` + listOf(subjects) + `}}}`
}

func listOf(subjects []string) string { return "[" + strings.Join(quoteAll(subjects), ",") + "]" }
