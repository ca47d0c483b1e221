package awsroles

import (
	"cmp"
	"regexp"
	"strings"
)

// defaultRegions are regions that every account of a partition has, by the partition. IAM is one for
// its whole partition, so any will do for it.
var defaultRegions = map[string]string{
	"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1",
	"aws-iso": "us-iso-east-1", "aws-iso-b": "us-isob-east-1", "aws-eusc": "eusc-de-east-1",
}

// RegionOfRole is a region of the partition that an ARN is in.
func RegionOfRole(arn string) string {
	return cmp.Or(defaultRegions[partitionOf(arn)], defaultRegions["aws"])
}

// eksIssuer is how EKS calls the issuers of clusters outside of the partition aws.
var eksIssuer = regexp.MustCompile(`^https://oidc[.-]eks\.((?:cn|us-gov|us-iso|us-isob|eusc)-[a-z0-9-]+)\.[a-z0-9.-]+/`)

// RegionOfIssuer is a region of the partition in which EKS issues tokens under this URL. For other
// issuers that is aws. There the region of the cluster itself need not be active in every account.
func RegionOfIssuer(url string) string {
	if parts := eksIssuer.FindStringSubmatch(url); parts != nil {
		return parts[1]
	}
	return defaultRegions["aws"]
}

// partitionOf is the partition in an ARN, or empty.
func partitionOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 1 {
		return parts[1]
	}
	return ""
}
