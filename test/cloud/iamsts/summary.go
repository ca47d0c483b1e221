package iamsts

import "encoding/xml"

// summary is the account's quotas, of which the double has one.
type summary struct{ trustPolicySize int }

// MarshalXML writes a map as the Query protocol does.
func (m summary) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	type entry struct {
		Key   string `xml:"key"`
		Value int    `xml:"value"`
	}
	return e.EncodeElement(struct {
		Entries []entry `xml:"SummaryMap>entry"`
	}{[]entry{{"AssumeRolePolicySizeQuota", m.trustPolicySize}}}, start)
}

func (s *Server) getAccountSummary(*call) (any, error) {
	return summary{s.options.TrustPolicySizeLimit}, nil
}

func (s *Server) anyResource(*call) resource { return resource{arn: "*"} }
