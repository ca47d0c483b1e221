// Package e2eaws proves IAM roles for service accounts end to end, against parts that
// nobody here wrote: tokens from a real kube-apiserver; the RADOS Gateway of Ceph as IAM,
// STS and S3; and AWS's own SDK in between. First the editor of trust policies alone, then
// the running controller.
//
// It needs Debian packages that nothing installs by itself, so its tests are built only
// with the tag e2eaws, which make e2e-aws sets. Without the tag there are no tests
// here, and go test says so; with it, what is missing is an error and never a test that was
// skipped and looks as if it had passed.
package e2eaws
