// Package trusteval judges trust policies of IAM roles the way IAM does: who may assume the
// role with a web identity token, and who may not. It was written from IAM's documentation
// alone and shares nothing with the product's editor of trust policies, neither code nor
// JSON reader: it is what the editor is measured by, and what the double of STS asks. Where
// the documentation leaves a choice, it admits.
package trusteval
