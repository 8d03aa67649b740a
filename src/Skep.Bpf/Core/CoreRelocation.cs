namespace Skep.Bpf;

/// <summary>One CO-RE record of <c>.BTF.ext</c>: an instruction whose operand depends on the running kernel's types.</summary>
/// <param name="Index">Slot index within the function.</param>
/// <param name="TypeId">Root type in the object's BTF.</param>
/// <param name="Accessor">Access path such as <c>0:2:1</c>: indices of members, array elements or the enumerator.</param>
/// <param name="Kind">What is asked.</param>
public readonly record struct CoreRelocation(int Index, uint TypeId, string Accessor, CoreRelocationKind Kind);
