using static Skep.Bpf.VerifierFailureKind;

namespace Skep.Bpf;

/// <content>Helpers, kernel functions, callbacks, sleepable code, maps.</content>
static partial class VerifierMessages
{
    /// <summary>The call number that an instruction gets whose CO-RE relocation failed: never a valid helper.</summary>
    public const int PoisonedCoreCall = 0xbad2310;

    /// <summary>First call number of loads of maps that were not created.</summary>
    public const int PoisonedMap = 2001000000;

    /// <summary>First call number of calls of weak kernel functions that are missing; the extern's ordinal is added.</summary>
    public const int PoisonedKernelFunctionCall = 2002000000;

    static VerifierMessage[] Poison =>
    [
        Entry("invalid func unknown#195896080", PoisonedCoreRelocation,
            "this path needs a type, field or enumerator that the running kernel does not have",
            "guard the access with bpf_core_field_exists, bpf_core_type_exists or bpf_core_enum_value_exists, or use a ___flavour of the type"),
        Entry("invalid func unknown#2001{number}", MapMisuse,
            "this path uses a map that was not created",
            "create it (MapSpec.AutoCreate), or guard its use by a constant that is false where the map is missing"),
        Entry("invalid func unknown#2002{number}", MissingKernelFunction,
            "this path calls a weak kernel function that the running kernel does not have",
            "guard the call with bpf_ksym_exists(function)"),
    ];

    static VerifierMessage[] Calls =>
    [
        Entry("invalid func unknown#{number}", UnknownHelper,
            "this kernel has no helper with number {number}: it is too old for it, or the number is wrong",
            "guard the call by a feature check (bpf_core_enum_value_exists(enum bpf_func_id, …)), or use a helper that this kernel has"),
        Entry("invalid func {name}#{number}", UnknownHelper,
            "helper {name} cannot be called here in this kernel",
            "use a helper that this kernel has; `skep doctor` lists them"),
        Entry("unknown func {name}#{number}", HelperNotAllowed,
            "programs of this type may not call {name} in this kernel",
            "use another program type (a BTF-typed tracepoint instead of a raw one, for example) or another helper"),
        Entry("program of this type cannot use helper {name}#{number}", HelperNotAllowed,
            "programs of this type may not call {name} in this kernel",
            "use another program type (a BTF-typed tracepoint instead of a raw one, for example) or another helper"),
        Entry("helper call is not allowed in probe", HelperNotAllowed,
            "the helper may not be called at this attach point",
            "attach where the helper is allowed (bpf_d_path: only on listed functions and LSM hooks), or use another helper"),
        Entry("cannot call GPL", GplOnly,
            "the helper is only for programs with a GPL-compatible license",
            "declare `char LICENSE[] SEC(\"license\") = \"GPL\";` or \"Dual BSD/GPL\""),
        Entry("cannot call kernel function from non-GPL compatible program", GplOnly,
            "kernel functions may only be called by programs with a GPL-compatible license",
            "declare `char LICENSE[] SEC(\"license\") = \"GPL\";` or \"Dual BSD/GPL\""),
        Entry("calling kernel function {name} is not allowed", KernelFunctionNotAllowed,
            "programs of this type may not call the kernel function {name}",
            "use a program type for which {name} is registered: tp_btf instead of raw_tp, for example, or a syscall program"),
        Entry("calling invalid kernel function", MissingKernelFunction,
            "the called BTF id is not a kernel function of this kernel",
            "load the object with this library so that the function is looked up by name, and check it with bpf_ksym_exists"),
        Entry("kernel btf_id {number} is not a function", MissingKernelFunction,
            "BTF id {number} of this kernel is not a function",
            "load the object with this library so that the function is looked up by name"),
        Entry("kernel function btf_id {number} is not found", MissingKernelFunction,
            "the kernel function is unknown to this kernel", "check it with bpf_ksym_exists before the call"),
        Entry("calling kernel function is not supported without CONFIG_DEBUG_INFO_BTF", UnsupportedFeature,
            "the kernel has no BTF and cannot call kernel functions for programs", "use a kernel built with CONFIG_DEBUG_INFO_BTF"),
        Entry("JIT is required for calling kernel function", UnsupportedFeature,
            "kernel functions need the JIT compiler", "enable it: sysctl net.core.bpf_jit_enable=1"),

        Entry("ldimm64 failed to find the address for kernel symbol '{name}'", MissingKernelVariable,
            "the kernel knows the type of {name} but not its address: its symbol table holds functions only",
            "use a kernel built with CONFIG_KALLSYMS_ALL, or do without the variable"),
        Entry("helper call might sleep in a non-sleepable prog", Sleepable,
            "the helper may sleep, the program is not sleepable",
            "declare the program sleepable (SEC(\"lsm.s/…\"), \"fentry.s/…\", \"uprobe.s\", \"iter.s/…\"), or use the variant that does not sleep"),
        Entry("program must be sleepable to call sleepable kfunc {name}", Sleepable,
            "{name} may sleep, the program is not sleepable",
            "declare the program sleepable (SEC(\"….s/…\")) or call {name} from bpf_wq or a task-work callback"),
        Entry("global functions that may sleep are not allowed in non-sleepable context", Sleepable,
            "a global function that may sleep is called where sleeping is not allowed",
            "make the function static, or call it outside RCU, spin lock and preemption-off sections"),
        Entry("sleepable helper {name}", Sleepable,
            "{name} may sleep and is called in a section that must not", "call it outside the section"),
        Entry("kernel func {name} is sleepable within", Sleepable,
            "{name} may sleep and is called in a section that must not", "call it outside the section"),
        Entry("{what} programs can only be sleepable", Sleepable,
            "programs of type {what} must be loaded as sleepable",
            "set ProgramFlags.Sleepable; sections name it by themselves"),
        Entry("{what} programs can be sleepable", Sleepable,
            "programs of this type cannot be sleepable ({what} can)",
            "drop the `.s` from the section name, or use a type that may sleep"),
        Entry("Sleepable programs can only use", Sleepable,
            "this kind of map cannot be used by sleepable programs", "use array, hash, ring buffer or local storage maps"),
        Entry("{name} is not sleepable", Sleepable,
            "{name} is not a place where programs may sleep", "drop the `.s` from the section name, or attach elsewhere"),

        Entry("R{register} must be a known constant", ArgumentType,
            "the argument in R{register} must be the same constant on every path", "pass a literal or a const variable"),
        Entry("R{register} is not a known constant", ArgumentType,
            "the argument in R{register} must be the same constant on every path", "pass a literal or a const variable"),
        Entry("Caller passes invalid args into func#{number}", ArgumentType,
            "the arguments of a call do not fit the global function", "compare the call with the function's prototype; pointers must be valid for the size of their type"),
        Entry("Arg#{number} type {type} in {name}() is not supported yet", InvalidTypeInformation,
            "argument {number} (from 0) of the global function {name} has a type that the verifier does not take",
            "make the function static, or pass integers, the context, or pointers to structs of fixed size"),
        Entry("arg#{number} {problem}", ArgumentType,
            "argument {number} (from 0) of the called function does not fit: {problem}",
            "pass the kind of pointer that the function takes; check for NULL and keep the pointer unchanged"),
        Entry("kernel function {name} args#{number} {problem}", ArgumentType,
            "argument {number} (from 0) of {name} does not fit: {problem}",
            "pass a pointer of the type that the kernel function takes, as the kernel gave it"),

        Entry("fd {number} is not pointing to valid bpf_map", MapMisuse,
            "an instruction refers to descriptor {number}, which is not a map",
            "keep maps open until the program is loaded, and relocate the code before loading it"),
        Entry("cannot pass map_type {number} into func {name}", MapMisuse,
            "{name} does not take maps of type {number}", "use the helper that belongs to the kind of map"),
        Entry("perf_event programs can only use preallocated hash map", MapMisuse,
            "perf event programs may run in NMI, where a hash map may not allocate", "drop BPF_F_NO_PREALLOC, or use an LRU or per-CPU array"),
        Entry("trace type programs can only use preallocated hash map", MapMisuse,
            "tracing programs of this kernel may not use hash maps that allocate", "drop BPF_F_NO_PREALLOC"),
        Entry("direct value {what} is not allowed", MapMisuse,
            "the map does not allow direct access to its value, or the offset lies outside ({what})",
            "use a single-element array (a data section); check the size of the section"),
        Entry("invalid access to map value pointer", MapMisuse,
            "the offset of a global variable lies outside its section's map",
            "load the map with the size of the section; the map may have been replaced by an older one"),
        Entry("map_ptr access is not supported", MapMisuse,
            "the map's kernel object is accessed like a struct", "use helpers, or read fields that struct bpf_map has in BTF"),
        Entry("The total number of maps per program has reached the limit of {number}", TooLarge,
            "the program uses more than {number} maps", "put data into fewer maps, or split the program with tail calls"),

        Entry("tail_calls are not allowed in non-JITed programs with bpf-to-bpf calls", CallbackOrTailCall,
            "tail calls together with subprograms need the JIT compiler", "enable it (sysctl net.core.bpf_jit_enable=1) or inline the subprograms"),
        Entry("tail_call abusing map_ptr", CallbackOrTailCall,
            "the tail call's map varies between paths", "use one map per call"),
    ];
}
