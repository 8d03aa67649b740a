namespace Skep.Bpf;

/// <summary>What a kernel's BTF parser understands beyond the first version; see <see cref="BtfBuilder.Sanitise"/>.</summary>
[Flags]
public enum BtfFeatures
{
    /// <summary>Integers, pointers, arrays, composites, enumerations, typedefs, qualifiers. Linux 4.18.</summary>
    None = 0,
    /// <summary>FUNC and FUNC_PROTO. Linux 5.0.</summary>
    Functions = 1 << 0,
    /// <summary>VAR and DATASEC. Linux 5.2.</summary>
    DataSections = 1 << 1,
    /// <summary>Functions with global or extern linkage. Linux 5.6.</summary>
    FunctionLinkage = 1 << 2,
    /// <summary>FLOAT. Linux 5.13.</summary>
    Floats = 1 << 3,
    /// <summary>DECL_TAG. Linux 5.16.</summary>
    DeclarationTags = 1 << 4,
    /// <summary>TYPE_TAG. Linux 5.17.</summary>
    TypeTags = 1 << 5,
    /// <summary>ENUM64, and the sign flag of ENUM. Linux 6.0.</summary>
    Enum64 = 1 << 6,
    /// <summary>Section names that start with '?'. Linux 6.10.</summary>
    OptionalSectionNames = 1 << 7,
    /// <summary>The kind flag of DECL_TAG and TYPE_TAG, for attributes other than btf tags. Linux 6.15.</summary>
    AttributeTags = 1 << 8,
    /// <summary>Everything.</summary>
    All = (1 << 9) - 1,
}
