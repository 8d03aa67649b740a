using System.Globalization;

namespace Skep.Falco.Loading;

/// <summary>A version of three numbers, and what of it rules may ask for.</summary>
readonly record struct FalcoVersion(int Major, int Minor, int Patch)
{
    /// <summary>What rules are told that they run on.</summary>
    public static FalcoVersion Engine { get; } = new(0, 63, 0);

    /// <summary>The plugins whose fields are in the catalogue and have values.</summary>
    public static IReadOnlyDictionary<string, FalcoVersion> Plugins { get; } = new Dictionary<string, FalcoVersion>(StringComparer.Ordinal) { ["container"] = new(0, 4, 0) };

    public static bool TryParse(string text, out FalcoVersion version)
    {
        version = default;
        var numbers = text.Split('-', '+')[0].Split('.');
        if (numbers.Length != 3 || !TryNumber(numbers[0], out var major) || !TryNumber(numbers[1], out var minor) || !TryNumber(numbers[2], out var patch)) return false;
        version = new(major, minor, patch);
        return true;
    }

    /// <summary>Whether it is what a rule asks for.</summary>
    public bool Satisfies(FalcoVersion required) => Major == required.Major && (Minor, Patch).CompareTo((required.Minor, required.Patch)) >= 0;

    public override string ToString() => $"{Major}.{Minor}.{Patch}";

    static bool TryNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
