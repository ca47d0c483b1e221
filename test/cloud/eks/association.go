package eks

import (
	"maps"
	"time"
)

// Association gives the pods of one service account a role.
type Association struct {
	// ID is a- and 17 letters and digits.
	ID  string
	ARN string
	// Cluster, Namespace and ServiceAccount never change.
	Cluster, Namespace, ServiceAccount string
	// Role is an ARN; so is TargetRole, which may be empty.
	Role, TargetRole string
	// ExternalID is what the target role can ask for in its trust policy.
	ExternalID string
	// Owner is the ARN of the EKS add-on that the association belongs to, if any.
	Owner               string
	DisableSessionTags  bool
	Tags                map[string]string
	Created, LastChange time.Time
}

func (a Association) clone() Association {
	a.Tags = maps.Clone(a.Tags)
	return a
}

// associationJSON is an association as answers hold it, in full.
type associationJSON struct {
	summaryJSON
	Role               string            `json:"roleArn"`
	TargetRole         string            `json:"targetRoleArn,omitempty"`
	ExternalID         string            `json:"externalId,omitempty"`
	DisableSessionTags bool              `json:"disableSessionTags"`
	Tags               map[string]string `json:"tags"`
	CreatedAt          float64           `json:"createdAt"`
	ModifiedAt         float64           `json:"modifiedAt"`
}

// summaryJSON is an association as lists hold it: without role, tags and times.
type summaryJSON struct {
	ID             string `json:"associationId"`
	ARN            string `json:"associationArn"`
	Cluster        string `json:"clusterName"`
	Namespace      string `json:"namespace"`
	ServiceAccount string `json:"serviceAccount"`
	Owner          string `json:"ownerArn,omitempty"`
}

func (a Association) summary() summaryJSON {
	return summaryJSON{a.ID, a.ARN, a.Cluster, a.Namespace, a.ServiceAccount, a.Owner}
}

// answer is what all operations on one association answer with.
func (a Association) answer() any {
	seconds := func(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
	return map[string]associationJSON{"association": {
		summaryJSON: a.summary(), Role: a.Role, TargetRole: a.TargetRole, ExternalID: a.ExternalID,
		DisableSessionTags: a.DisableSessionTags, Tags: a.Tags, CreatedAt: seconds(a.Created), ModifiedAt: seconds(a.LastChange),
	}}
}
