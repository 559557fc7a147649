//! Compiles `proto/agent.proto` without needing `protoc`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto/agent.proto");
    let files = protox::compile(["agent.proto"], ["proto"])?;
    tonic_prost_build::configure()
        .build_transport(false)
        .codec_path("crate::codec::BoundedCodec")
        // Starts and outputs carry secrets: no message can be printed.
        .skip_debug([
            "Up",
            "UpMessage",
            "Down",
            "DownMessage",
            "Start",
            "Resume",
            "Variable",
            "ScriptFile",
            "Output",
            "Progress",
            "ArtifactChunk",
            "Finished",
        ])
        .compile_fds(files)?;
    Ok(())
}
