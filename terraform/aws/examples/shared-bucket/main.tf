# A bucket that all Profiles share, each with a folder of its own, for pipelines and notebooks in
# a Kubeflow installation.

provider "aws" {
  region = "eu-central-1"
}

variable "names" {
  description = "Names of the Profiles."
  type        = set(string)
  default     = ["vision", "speech"]
}

resource "aws_s3_bucket" "artifacts" {
  bucket_prefix = "ml-artifacts-"
}

module "profiles" {
  source = "../.."

  cluster_name         = "ml"
  namespace            = "kubeflow"
  create_oidc_provider = true

  profiles = { for name in var.names : name => {
    inline_policies = { artifacts = jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Effect    = "Allow"
          Action    = ["s3:ListBucket", "s3:ListBucketMultipartUploads"]
          Resource  = aws_s3_bucket.artifacts.arn
          Condition = { StringLike = { "s3:prefix" = "profiles/${name}/*" } }
        },
        {
          Effect   = "Allow"
          Action   = "s3:GetBucketLocation"
          Resource = aws_s3_bucket.artifacts.arn
        },
        {
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
          Resource = "${aws_s3_bucket.artifacts.arn}/profiles/${name}/*"
        },
      ]
    }) }
  } }
}

output "controller_role_arn" {
  description = "kubectl annotate serviceaccount profiles-controller-service-account -n kubeflow eks.amazonaws.com/role-arn=…"
  value       = module.profiles.controller_role_arn
}
