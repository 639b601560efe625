"""Who makes an interaction: the dedicated person, a stand-in, or whoever may."""

from collections import defaultdict

from ..courtesy.voices import Voices


def assign_qualified(interactions, voices=None):
    """Give contacts to whoever :func:`find_qualified` names."""
    assign_staff(interactions, find_qualified(interactions, voices))


def assign_staff(interactions, staff, replaced=None):
    """Give contacts to somebody else, where it is somebody else.

    :param dict staff: ``{interaction: res.users}``
    :param dict replaced: ``{interaction: res.users}`` in whose place they do it
    """
    nobody = interactions.env["res.users"]
    chosen = defaultdict(interactions.browse)
    for interaction in interactions:
        user, owner = staff[interaction], (replaced or {}).get(interaction, nobody)
        if (user, owner) != (interaction.user_id, interaction.for_user_id):
            chosen[user, owner] += interaction
    for (user, owner), given in chosen.items():
        given.write({"user_id": user.id, "for_user_id": owner.id})


def find_qualified(interactions, voices=None):
    """Return who may serve the customers, as they ask.

    The planned person, else the dedicated staff or stand-in; else, where something
    is required of the staff, the first salesperson of whom it is true. Where there
    is nobody, the contact stays without staff, for the manager to see.

    :param Voices voices: of the people, where the caller has heard them already
    :return: ``{interaction: res.users}``
    """
    staff, qualified = {}, {}
    able = _get_able(interactions)
    voices = voices or Voices(interactions.partner_id)
    for interaction in interactions:
        tags = get_required_tags(interaction, voices)
        company = interaction.company_id
        if tags and (tags, company) not in qualified:
            qualified[tags, company] = tags._get_salespeople(company)
        staff[interaction] = _choose(
            interaction, able[company], tags, qualified.get((tags, company))
        )
    return staff


def _get_able(interactions):
    """Return who of those named may serve customers: ``{company: res.users}``"""
    relationships = interactions.relationship_id
    relationships.fetch(["user_id", "backup_user_id"])
    served_by = relationships.user_id | relationships.backup_user_id
    named = interactions.user_id | interactions.for_user_id | served_by
    return {
        company: named._filter_staff_of(company) for company in interactions.company_id
    }


def get_required_tags(interaction, voices):
    """Return what person and firm require of the staff, as ``crm.staff.tag``."""
    requirements = voices.get_requirements(interaction.partner_id)
    if not requirements:
        return interaction.env["crm.staff.tag"]
    must = requirements.filtered(lambda r: r.level == "must")
    return must.tag_id.sorted("id").with_env(interaction.env)


def _choose(interaction, able, tags, qualified):
    """Return who makes this contact, possibly nobody.

    :param able: the ``res.users`` who may serve customers of the company
    :param tags: ``crm.staff.tag`` records that all must be true
    :param qualified: the ``res.users`` of whom they are, where there are tags
    """
    staff = interaction._get_own_staff()
    if not tags and (not staff or staff in able):
        return staff
    customer = interaction.relationship_id
    served_by = customer.user_id | customer.backup_user_id
    candidates = (staff | served_by) & able
    if not tags:
        return candidates[:1]
    for tag in tags:
        candidates &= tag.user_ids
    return (candidates or qualified)[:1]
