package eks

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kfprofiles/kfprofiles/test/cloud/trusteval"
)

// permitted refuses what no permission of the caller allows.
func (s *Server) permitted(c *call, action, arn string) error {
	if err := c.caller.May(action, arn); err != nil {
		return accessDenied(err)
	}
	return nil
}

func (s *Server) onCluster(c *call) string { return s.clusterARN(c.Cluster) }

func (s *Server) onAssociation(c *call) string {
	return s.associationARN(c.Cluster, c.http.PathValue("id"))
}

func onARN(c *call) string { return c.http.PathValue("arn") }

func onAll(*call) string { return "*" }

func (s *Server) clusterARN(name string) string { return s.arn("cluster/" + name) }

func (s *Server) associationARN(cluster, id string) string {
	return s.arn("podidentityassociation/" + cluster + "/" + id)
}

func (s *Server) arn(resource string) string {
	return fmt.Sprintf("arn:%s:eks:%s:%s:%s", s.account.Partition(), Region, s.account.AccountID(), resource)
}

// checkRole refuses a role that cannot be associated: of another account, one that the
// caller may not pass or look at, one that is not there, one that does not trust EKS.
func (s *Server) checkRole(c *call, arn string) error {
	if !strings.HasPrefix(arn, fmt.Sprintf("arn:%s:iam::%s:role/", s.account.Partition(), s.account.AccountID())) {
		return invalidParameter("Cross-account pass role is not allowed.")
	}
	for _, action := range []string{"iam:PassRole", "iam:GetRole"} {
		if err := s.permitted(c, action, arn); err != nil {
			return err
		}
	}
	policy, exists := s.account.RoleWithARN(arn)
	if !exists {
		return invalidParameter("Role provided in the request does not exist.")
	}
	if !TrustsPods(policy) {
		return invalidParameter("Trust policy of the role provided is invalid. Follow the official documentation to resolve the issue.")
	}
	return nil
}

// roleARN is any role, also of another account.
var roleARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$`)

// checkTarget refuses what is no role. Nobody looks whether it exists, since it may be in
// another account.
func (s *Server) checkTarget(arn *string) error {
	if arn != nil && *arn != "" && !roleARN.MatchString(*arn) {
		return invalidParameter("targetRoleArn is not valid")
	}
	return nil
}

// The limits on tags are those in the SDK's documentation of CreatePodIdentityAssociation.
const (
	mostTags      = 50
	longestKey    = 128
	longestValue  = 256
	reservedStart = "aws:"
)

var tagText = regexp.MustCompile(`^[\pL\pN\pZ+\-=._:/@]*$`)

func checkTags(tags map[string]string) error {
	if len(tags) > mostTags {
		return badRequest("there can be at most %d tags", mostTags)
	}
	for key, value := range tags {
		switch {
		case key == "" || utf8.RuneCountInString(key) > longestKey || utf8.RuneCountInString(value) > longestValue,
			!tagText.MatchString(key), !tagText.MatchString(value), strings.HasPrefix(strings.ToLower(key), reservedStart):
			return badRequest("the tag %q is not valid", key)
		}
	}
	return nil
}

// TrustsPods tells whether a trust policy lets EKS Pod Identity take the role: the service
// pods.eks.amazonaws.com must be allowed both sts:AssumeRole and sts:TagSession (EKS User
// Guide, "Create IAM role with trust policy required by EKS Pod Identity").
func TrustsPods(policy string) bool {
	var document struct{ Statement any }
	if json.Unmarshal([]byte(policy), &document) != nil {
		return false
	}
	allowed := func(action string) bool {
		return slices.ContainsFunc(trusteval.OneOrMany(document.Statement), func(s any) bool {
			statement, _ := s.(map[string]any)
			principal, _ := statement["Principal"].(map[string]any)
			return statement["Effect"] == "Allow" && slices.Contains(trusteval.OneOrMany(principal["Service"]), any("pods.eks.amazonaws.com")) &&
				slices.ContainsFunc(trusteval.OneOrMany(statement["Action"]), func(a any) bool {
					text, _ := a.(string)
					return trusteval.Like(strings.ToLower(text), action)
				})
		})
	}
	return allowed("sts:assumerole") && allowed("sts:tagsession")
}
