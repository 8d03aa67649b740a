namespace Skep.Falco;

/// <summary>Switches rules on or off: those whose name matches, or that have a tag.</summary>
/// <param name="Enable">On or off.</param>
/// <param name="Name">A name, in which <c>*</c> stands for anything; null when the tag decides alone.</param>
/// <param name="Tag">A tag; null when the name decides alone.</param>
public sealed record FalcoSelection(bool Enable, string? Name = null, string? Tag = null)
{
    internal bool Covers(FalcoRule rule) => (Name is not null || Tag is not null) && (Name is null || Matches(Name, rule.Name)) && (Tag is null || rule.Tags.Contains(Tag));

    static bool Matches(string pattern, string text)
    {
        // Where the last star can still take more, when what follows it does not fit.
        var (at, from, star, resume) = (0, 0, -1, 0);
        while (from < text.Length)
        {
            if (at < pattern.Length && pattern[at] == '*')
            {
                (star, resume) = (at++, from);
            }
            else if (at < pattern.Length && pattern[at] == text[from])
            {
                at++;
                from++;
            }
            else if (star >= 0)
            {
                (at, from) = (star + 1, ++resume);
            }
            else
            {
                return false;
            }
        }
        while (at < pattern.Length && pattern[at] == '*') at++;
        return at == pattern.Length;
    }
}
