namespace Skep.Engine.Recording;

/// <summary>How a block's entries are stored.</summary>
enum BlockEncoding : uint
{
    /// <summary>As they are.</summary>
    Plain = 0,

    /// <summary>RFC 7932.</summary>
    Brotli = 1,
}
