"""Lists that say what AniDB's and MyAnimeList's titles are at the film databases."""
