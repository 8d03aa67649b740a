namespace Skep.Bpf;

/// <summary>Why the verifier refused a program, independent of the kernel's wording.</summary>
public enum VerifierFailureKind
{
    /// <summary>The log holds no message that this library knows; read <see cref="VerifierException.Log"/>.</summary>
    Unknown,
    /// <summary>A register is read before it was written, or after a call destroyed it.</summary>
    UninitializedRegister,
    /// <summary>Stack bytes are read before they were written.</summary>
    UninitializedStack,
    /// <summary>A pointer that may be null is used without a check.</summary>
    PossibleNull,
    /// <summary>A number or an untrusted value is used as a pointer.</summary>
    NotAPointer,
    /// <summary>Access outside a map's value.</summary>
    MapValueBounds,
    /// <summary>Packet access without a check against the packet's end.</summary>
    PacketBounds,
    /// <summary>Access outside the stack frame.</summary>
    StackBounds,
    /// <summary>Access outside another memory region: a kernel object, a dynptr slice, a ring buffer record.</summary>
    MemoryBounds,
    /// <summary>An offset or size whose range the verifier cannot bound.</summary>
    UnboundedValue,
    /// <summary>A size that may be zero where zero is not allowed.</summary>
    PossiblyZeroSize,
    /// <summary>Access at an address that is not a multiple of its size.</summary>
    Misaligned,
    /// <summary>A field of the context that programs of this type may not read, write, or access with this width.</summary>
    ContextAccess,
    /// <summary>A write to memory that is read-only for the program.</summary>
    ReadOnlyMemory,
    /// <summary>Arithmetic that is not allowed on this kind of pointer.</summary>
    PointerArithmetic,
    /// <summary>A kernel address would reach unprivileged user space.</summary>
    PointerLeak,
    /// <summary>The return value is outside the range that the attach point allows.</summary>
    ReturnValue,
    /// <summary>An acquired object is not released on every path.</summary>
    ReferenceLeak,
    /// <summary>A release, or a use after release, of an object that the program does not own.</summary>
    ReferenceMisuse,
    /// <summary>A spin lock, RCU section or preemption-off section is used wrongly or left open.</summary>
    LockMisuse,
    /// <summary>The helper does not exist in this kernel.</summary>
    UnknownHelper,
    /// <summary>The helper exists but not for programs of this type.</summary>
    HelperNotAllowed,
    /// <summary>A helper or kernel function demands a GPL-compatible license.</summary>
    GplOnly,
    /// <summary>An argument of a helper, kernel function or subprogram has the wrong type.</summary>
    ArgumentType,
    /// <summary>A kernel function that the program calls does not exist in this kernel.</summary>
    MissingKernelFunction,
    /// <summary>The kernel knows the type of a variable but not its address.</summary>
    MissingKernelVariable,
    /// <summary>A kernel function exists but programs of this type may not call it.</summary>
    KernelFunctionNotAllowed,
    /// <summary>A CO-RE relocation failed: the kernel has no such type, field or enumerator.</summary>
    PoisonedCoreRelocation,
    /// <summary>A helper, kernel function or map may not be used in (or outside) sleepable code.</summary>
    Sleepable,
    /// <summary>Type information that the operation needs is missing.</summary>
    MissingTypeInformation,
    /// <summary>Type, function or line information does not fit the code.</summary>
    InvalidTypeInformation,
    /// <summary>Instructions that no path reaches.</summary>
    UnreachableCode,
    /// <summary>A jump or call to a place outside the function, or into the middle of a wide instruction.</summary>
    InvalidJump,
    /// <summary>A loop that does not end, or that this kernel cannot prove to end.</summary>
    InfiniteLoop,
    /// <summary>The program has fewer instructions than the limit but the paths through it exceed what the verifier explores.</summary>
    TooComplex,
    /// <summary>The program has more instructions, subprograms, maps or variables than the kernel accepts.</summary>
    TooLarge,
    /// <summary>The stack of a function, or of a chain of calls, is too deep.</summary>
    StackTooDeep,
    /// <summary>A path ends without <c>exit</c>.</summary>
    MissingExit,
    /// <summary>An instruction that this kernel does not know, or with bits that must be zero.</summary>
    InvalidInstruction,
    /// <summary>A map that this program, or this operation, may not use.</summary>
    MapMisuse,
    /// <summary>The attach target does not exist or does not accept this program.</summary>
    AttachTarget,
    /// <summary>An iterator or dynptr is used before it is initialised, twice, or not destroyed.</summary>
    IteratorOrDynptr,
    /// <summary>A callback or tail call breaks the kernel's rules.</summary>
    CallbackOrTailCall,
    /// <summary>The kernel lacks a feature that the program uses.</summary>
    UnsupportedFeature,
    /// <summary>A defect of the verifier itself.</summary>
    VerifierBug,
}
