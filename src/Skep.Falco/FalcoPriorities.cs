namespace Skep.Falco;

/// <summary>The priorities' names.</summary>
public static class FalcoPriorities
{
    static readonly string[] s_names = Enum.GetNames<FalcoPriority>();

    /// <summary>As alerts have it.</summary>
    public static string NameOf(FalcoPriority priority) => s_names[(int)priority];

    /// <summary>Reads a name; its case does not matter, and <c>info</c> is one too.</summary>
    public static bool TryParse(string text, out FalcoPriority priority)
    {
        if (text.Equals("info", StringComparison.OrdinalIgnoreCase)) text = nameof(FalcoPriority.Informational);
        priority = default;
        return text.Length > 0 && char.IsAsciiLetter(text[0]) && !text.Contains(',', StringComparison.Ordinal) && Enum.TryParse(text, ignoreCase: true, out priority);
    }
}
