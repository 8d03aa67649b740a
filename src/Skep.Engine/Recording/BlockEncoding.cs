namespace Skep.Engine.Recording;

/// <summary>How a block's entries are stored.</summary>
enum BlockEncoding : uint
{
    /// <summary>As they are.</summary>
    Plain = 0,

    /// <summary>RFC 7932; no longer written.</summary>
    Brotli = 1,

    /// <summary>RFC 1951.</summary>
    Deflate = 2,
}
