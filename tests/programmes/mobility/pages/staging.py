"""Stage the two cities in the home of `TRAMA_HOME`, for a server in a process of its own."""

import os


def main() -> None:
    """Migrate and stage."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trama.site.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from tests.programmes.mobility.pages.people import stage_days, stage_empty, welcome

    call_command("migrate", verbosity=0)
    welcome(stage_days(settings.HOME), stage_empty())


if __name__ == "__main__":
    main()
