# Roles for two Profiles: one reads a public data set, the other has a policy that is made here.

provider "aws" {
  region = "eu-central-1"
}

module "profiles" {
  source = "../.."

  cluster_name = "ml"
  tags         = { team = "platform" }

  profiles = {
    research = {
      policies = { read-s3 = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" }
    }
    billing = {
      policies         = { invoices = aws_iam_policy.invoices.arn }
      service_accounts = ["default-editor", "reports"]
    }
  }
}

resource "aws_iam_policy" "invoices" {
  name = "invoices"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["dynamodb:GetItem", "dynamodb:Query"]
      Resource = "arn:aws:dynamodb:eu-central-1:123456789012:table/invoices"
    }]
  })
}

# terraform output -raw helm_values | helm upgrade --install kfprofiles charts/kfprofiles -n profiles-system --create-namespace -f -
output "helm_values" {
  description = "Values for the chart kfprofiles."
  value       = module.profiles.helm_values
}

output "roles" {
  description = "What to write into the Profiles as awsIamRole."
  value       = module.profiles.profile_role_arns
}
