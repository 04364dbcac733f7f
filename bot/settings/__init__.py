"""What the environment and `config/` say: one frozen `Environment`, and one frozen `Catalog` a reload."""
