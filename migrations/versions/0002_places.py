"""Places: the tree of regions, zones, provinces, districts, subdistricts, and areas that cut across."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "places",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("health_zone_code", sa.Text(), nullable=True),
        sa.Column("iso_code", sa.Text(), nullable=True),
        sa.Column("name_th", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("sort_key_th", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_places")),
    )
    op.create_index(op.f("ix_places_kind"), "places", ["kind"], unique=False)
    op.create_index(op.f("ix_places_parent_code"), "places", ["parent_code"], unique=False)
    op.create_table(
        "place_ancestors",
        sa.Column("place_code", sa.Text(), nullable=False),
        sa.Column("ancestor_code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place_code", "ancestor_code", name=op.f("pk_place_ancestors")),
    )
    op.create_index(op.f("ix_place_ancestors_ancestor_code"), "place_ancestors", ["ancestor_code"], unique=False)
    op.create_table(
        "areas",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_th", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_areas")),
    )
    op.create_table(
        "area_places",
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("place_code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("area_code", "place_code", name=op.f("pk_area_places")),
    )
    op.create_index(op.f("ix_area_places_place_code"), "area_places", ["place_code"], unique=False)


def downgrade() -> None:
    op.drop_table("area_places")
    op.drop_table("areas")
    op.drop_table("place_ancestors")
    op.drop_table("places")
