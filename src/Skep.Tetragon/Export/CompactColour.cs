namespace Skep.Tetragon.Export;

/// <summary>Codes of select graphic rendition.</summary>
enum CompactColour
{
    None = -1,
    Reset = 0,
    Bold = 1,
    Red = 31,
    Green = 32,
    Yellow = 33,
    Blue = 34,
    Magenta = 35,
    Cyan = 36,
    Grey = 90,
}
