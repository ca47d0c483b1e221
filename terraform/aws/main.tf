data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

data "aws_eks_cluster" "this" {
  name = var.cluster_name
}

locals {
  issuer_url = data.aws_eks_cluster.this.identity[0].oidc[0].issuer
  issuer     = trimprefix(local.issuer_url, "https://")
  account    = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  path       = coalesce(var.path, "/profiles/${var.cluster_name}/")

  # One that is there has this name; one that is made here is waited for.
  provider_arn = var.create_oidc_provider ? aws_iam_openid_connect_provider.this[0].arn : "arn:${local.partition}:iam::${local.account}:oidc-provider/${local.issuer}"
}

resource "aws_iam_openid_connect_provider" "this" {
  count = var.create_oidc_provider ? 1 : 0

  url            = local.issuer_url
  client_id_list = [var.audience]
  tags           = var.tags
}
