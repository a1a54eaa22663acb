"""Gridlock in a Bazel build: the facts of each unit as an action of its own, the check as a test.

    load("@gridlock//:share/gridlock/bazel/gridlock.bzl", "gridlock_test")
    gridlock_test(name = "locks", deps = [":server"])

The aspect visits the C and C++ rules that `deps` reach and asks each unit for its facts with the flags of
its compile. Facts hold no absolute path, so they are cached, shared between machines and made by remote
workers like objects. Nothing is linked and no compiler of a certain kind is needed; the machine that
makes facts needs the command (docs/build_systems.md says how it becomes @gridlock).
"""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "CPP_COMPILE_ACTION_NAME", "C_COMPILE_ACTION_NAME")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

GridlockFacts = provider(
    doc = "What a target and all it depends on say.",
    fields = {
        "facts": "depset of facts files",
        "sources": "depset of the sources, to be quoted in reports",
    },
)

_ACTIONS = {
    "c": C_COMPILE_ACTION_NAME,
    "cc": CPP_COMPILE_ACTION_NAME,
    "cpp": CPP_COMPILE_ACTION_NAME,
    "cxx": CPP_COMPILE_ACTION_NAME,
    "c++": CPP_COMPILE_ACTION_NAME,
    "C": CPP_COMPILE_ACTION_NAME,
}

def _context(target, ctx):
    """Where headers are and what is defined: of the target, or of what it depends on."""
    if CcInfo in target:
        return target[CcInfo].compilation_context
    infos = [dep[CcInfo] for dep in ctx.rule.attr.deps if CcInfo in dep]
    return cc_common.merge_cc_infos(cc_infos = infos).compilation_context

def _flags(ctx, toolchain, context, action, source):
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features + ["module_maps"],
    )
    cpp = ctx.fragments.cpp
    own = [ctx.expand_make_variables("copts", flag, {}) for flag in getattr(ctx.rule.attr, "copts", [])]
    of_language = cpp.conlyopts if action == C_COMPILE_ACTION_NAME else cpp.cxxopts
    variables = cc_common.create_compile_variables(
        feature_configuration = features,
        cc_toolchain = toolchain,
        source_file = source.path,
        user_compile_flags = cpp.copts + of_language + own,
        include_directories = context.includes,
        quote_include_directories = context.quote_includes,
        system_include_directories = context.system_includes,
        preprocessor_defines = depset(
            getattr(ctx.rule.attr, "defines", []) + getattr(ctx.rule.attr, "local_defines", []),
            transitive = [context.defines],
        ),
    )
    return cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = action,
        variables = variables,
    )

def _facts_impl(target, ctx):
    own = []
    sources = []
    if hasattr(ctx.rule.attr, "srcs") and ctx.rule.kind.startswith("cc_"):
        toolchain = find_cpp_toolchain(ctx)
        context = _context(target, ctx)
        files = [file for source in ctx.rule.attr.srcs for file in source.files.to_list()]
        headers = [file for file in files if file.extension not in _ACTIONS]
        sources = files + [file for header in getattr(ctx.rule.attr, "hdrs", []) for file in header.files.to_list()]
        for source in files:
            action = _ACTIONS.get(source.extension)
            if not action:
                continue
            name = source.short_path.replace("../", "external/")
            facts = ctx.actions.declare_file("_gridlock/%s/%s.glf" % (ctx.label.name, name))
            ctx.actions.run(
                executable = ctx.executable._gridlock,
                arguments = ["facts", "--quiet", "--root", ".", "-o", facts.path, source.path, "--"] +
                            _flags(ctx, toolchain, context, action, source),
                inputs = depset([source] + headers, transitive = [context.headers, toolchain.all_files]),
                outputs = [facts],
                mnemonic = "GridlockFacts",
                progress_message = "Reading locks and threads of " + source.short_path,
            )
            own.append(facts)
    below = [
        dep[GridlockFacts]
        for attribute in ["deps", "implementation_deps"]
        for dep in getattr(ctx.rule.attr, attribute, [])
        if GridlockFacts in dep
    ]
    facts = depset(own, transitive = [dep.facts for dep in below])
    return [
        GridlockFacts(facts = facts, sources = depset(sources, transitive = [dep.sources for dep in below])),
        OutputGroupInfo(gridlock_facts = facts),
    ]

gridlock_facts = aspect(
    doc = "bazel build --aspects @gridlock//:….bzl%gridlock_facts --output_groups=gridlock_facts //…",
    implementation = _facts_impl,
    attr_aspects = ["deps", "implementation_deps"],
    attrs = {
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
        "_gridlock": attr.label(
            default = "@gridlock//:gridlock",
            allow_single_file = True,
            executable = True,
            cfg = "exec",
        ),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)

def _quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"

def _test_impl(ctx):
    facts = depset(transitive = [dep[GridlockFacts].facts for dep in ctx.attr.deps])
    sources = depset(transitive = [dep[GridlockFacts].sources for dep in ctx.attr.deps])
    command = [ctx.executable._gridlock.short_path, "check", "--root", "."] + ctx.attr.options
    files = [ctx.executable._gridlock]
    for option in ["baseline", "suppressions"]:
        file = getattr(ctx.file, option)
        if file:
            command += ["--" + option, file.short_path]
            files.append(file)
    command += [file.short_path for file in facts.to_list()]
    ctx.actions.write(
        ctx.outputs.executable,
        "#!/bin/sh\nexport GRIDLOCK_CACHE=\nexec " + " ".join([_quoted(word) for word in command]) +
        ' ${TEST_UNDECLARED_OUTPUTS_DIR:+-o "$TEST_UNDECLARED_OUTPUTS_DIR/gridlock.sarif"}\n',
        is_executable = True,
    )
    return [DefaultInfo(runfiles = ctx.runfiles(files, transitive_files = depset(transitive = [facts, sources])))]

gridlock_test = rule(
    doc = "Fails on findings in the programs and libraries of `deps`, linked together as one program.",
    implementation = _test_impl,
    attrs = {
        "deps": attr.label_list(aspects = [gridlock_facts], mandatory = True),
        "baseline": attr.label(allow_single_file = True, doc = "A report: what it has does not count"),
        "suppressions": attr.label(allow_single_file = True),
        "options": attr.string_list(doc = "More options of `gridlock check`"),
        "_gridlock": attr.label(
            default = "@gridlock//:gridlock",
            allow_single_file = True,
            executable = True,
            cfg = "exec",
        ),
    },
    test = True,
)
