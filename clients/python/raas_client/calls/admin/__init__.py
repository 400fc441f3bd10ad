"""The calls of AdministrationService and DistributionService."""
