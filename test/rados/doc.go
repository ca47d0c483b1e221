// Package rados starts Ceph's RADOS Gateway on the loopback interface: an IAM, an STS and
// an S3 that nobody here wrote, for tests against more than our own understanding of AWS.
//
// What runs is one monitor, one object store in memory and one gateway, all from Debian's
// packages, under the present user. All they write goes into one private folder. They end
// with Close and, on Linux, also with the process that started them, however that ends.
//
// The gateway differs from AWS where tests may notice:
//
//   - AttachRolePolicy is refused with 405. PutRolePolicy works.
//   - IAM's errors reach the SDK with the right HTTP status and the code UnknownError.
//   - A space in a policy is lost: the SDK sends it as a plus sign, which the gateway takes
//     for one and then finds no JSON. Tabs and line feeds arrive.
//   - GetRole returns the trust policy as it was written, byte for byte; AWS sends it
//     URL-encoded.
//   - An edit counts at once; IAM of AWS takes seconds.
//   - A token is verified with the certificate (x5c) beside the issuer's published key, and
//     the provider's thumbprint is that certificate's.
package rados
