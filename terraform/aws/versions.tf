terraform {
  # Attributes of objects that are optional and have a default came with 1.3.
  required_version = ">= 1.3"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # Identity providers without a thumbprint, which IAM finds out by itself.
      version = ">= 5.82"
    }
  }
}
