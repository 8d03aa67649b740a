namespace Skep.Bpf;

/// <summary>Groups of relocation kinds.</summary>
static class CoreKinds
{
    public static bool IsFieldBased(this CoreRelocationKind kind) => kind <= CoreRelocationKind.FieldRightShift64;

    public static bool IsTypeBased(this CoreRelocationKind kind) =>
        kind is CoreRelocationKind.LocalTypeId or CoreRelocationKind.TargetTypeId or CoreRelocationKind.TypeExists or CoreRelocationKind.TypeSize or CoreRelocationKind.TypeMatches;

    public static bool IsEnumeratorBased(this CoreRelocationKind kind) => kind is CoreRelocationKind.EnumValueExists or CoreRelocationKind.EnumValue;
}
